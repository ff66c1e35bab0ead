import type { IncomingMessage } from 'node:http'
import { readBody } from '../../http/read-body.ts'
import type { VaultCall } from './call.ts'
import { DevVaultError } from './errors.ts'

/** Far below Vault's own 32 MiB, and more than any call of this server needs. */
const maxBodyBytes = 1024 * 1024

/**
 * Reads a call from HTTP.
 * @throws {DevVaultError} TOO_LARGE, INVALID_REQUEST for a path that cannot be decoded, NOT_FOUND outside `/v1/`
 */
export async function readCall(message: IncomingMessage): Promise<VaultCall> {
  const [rawPath = '', query = ''] = splitOnce(message.url ?? '/', '?')
  if (!rawPath.startsWith('/v1/')) throw new DevVaultError('NOT_FOUND', '')
  // Not destroyed when left early: the answer goes over the same socket.
  const bytes = await readBody(message.iterator({ destroyOnReturn: false }), maxBodyBytes)
  if (bytes === undefined) throw new DevVaultError('TOO_LARGE', 'http: request body too large')
  return {
    method: message.method ?? 'GET',
    path: decodePath(rawPath.slice('/v1/'.length)),
    query: new URLSearchParams(query),
    body: parseBody(bytes.toString()),
    text: bytes.toString(),
    tokenId: tokenOf(message),
    header: (name) => headerOf(message, name) || undefined,
    headerNames: Object.keys(message.headers),
    // Absent on a Unix socket.
    remoteAddress: message.socket.remoteAddress ?? '',
  }
}

/** The path of a call for the log: without the query, where an OIDC code would be, and without tokens. */
export function pathForLog(message: IncomingMessage): string {
  const path = splitOnce(message.url ?? '/', '?')[0] ?? '/'
  return path.replace(/(?<=\/)(?:s|b|hvs|hvb|hvr)\.[^/]+/g, '[redacted]')
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new DevVaultError('INVALID_REQUEST', 'the path is not encoded as a URL', { cause })
  }
}

/** Node has a character for each byte, and Go's programs take the bytes for UTF-8. */
function headerOf(message: IncomingMessage, name: string): string | undefined {
  const [value] = [message.headers[name]].flat()
  return value === undefined ? undefined : Buffer.from(value, 'latin1').toString('utf8')
}

function tokenOf(message: IncomingMessage): string | undefined {
  const [, bearer] = /^Bearer (.+)$/.exec(headerOf(message, 'authorization') ?? '') ?? []
  const token = headerOf(message, 'x-vault-token') ?? bearer
  return token === '' ? undefined : token
}

/** Undefined for anything but a JSON object. */
function parseBody(text: string): VaultCall['body'] {
  if (text.trim() === '') return {}
  try {
    const parsed: unknown = JSON.parse(text) ?? {}
    return typeof parsed === 'object' && !Array.isArray(parsed) ? { ...parsed } : undefined
  } catch {
    return undefined
  }
}
