import { isProcessCredentials } from '../../ipc/client/process-credentials.ts'
import { HelperError } from './failure.ts'

/** The AWS SDK for Go v1 reads no more. */
const maxOutputBytes = 8 * 1024

/**
 * The one line of a `credential_process`, made from the daemon's answer: known members only, in the form that every SDK
 * reads (Go and Terraform print a stdout that they cannot parse, secret included).
 * @throws {HelperError} BAD_REPLY, without quoting anything
 */
export function formatProcessCredentials(body: unknown): string {
  if (!isProcessCredentials(body)) throw badCredentials('they are incomplete, or hold what no credentials do')
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = body
  const line = `${JSON.stringify({ Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId })}\n`
  if (Buffer.byteLength(line) >= maxOutputBytes) throw badCredentials('they are longer than some AWS SDKs read')
  return line
}

function badCredentials(reason: string): HelperError {
  return new HelperError('BAD_REPLY', `the daemon's credentials cannot be used: ${reason}`, {
    hint: 'latchkey and its daemon may differ in version: restart the daemon',
  })
}
