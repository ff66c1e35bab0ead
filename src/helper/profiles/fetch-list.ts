import { uptime } from 'node:os'
import { maxSettingsBytes, readTextFile } from '../../core/files/read-file.ts'
import { type Environment, unreadCaFile } from '../../core/places/environment.ts'
import { createSystemClock } from '../../core/time/clock.ts'
import { serverAddress } from '../../http/connections.ts'
import { caBeside } from '../../http/tls.ts'
import { createHttpTransport, type HttpAnswer } from '../../http/transport.ts'
import { HelperError } from '../fast/failure.ts'

const timeoutMs = 30_000

/**
 * Gets a list of accounts from a web server. No redirect is followed: it could lead out of the company.
 * @throws {HelperError} USAGE, REFUSED
 */
export async function fetchList(
  address: string,
  maxBytes: number,
  environment: Environment,
): Promise<{ bytes: Buffer; from: string }> {
  const url = readAddress(address)
  const caFile = unreadCaFile(environment)
  const extraCa =
    caFile === undefined ? undefined : await readTextFile(caFile, { maxBytes: maxSettingsBytes, isTrusted: true })
  const server = url.host
  const transport = createHttpTransport({
    address: serverAddress(url),
    tls: caBeside(extraCa),
    server,
    maxBytes,
    clock: createSystemClock(uptime),
  })
  try {
    const outcome = await transport.exchange({
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { Host: url.host, Accept: 'application/json' },
      mayReuse: false,
      body: undefined,
      timeoutMs,
      signal: undefined,
    })
    if (outcome.type === 'failure') throw refused(outcome.error.message, url, outcome.error)
    // What follows the question mark may be a secret, such as a signature, and changes.
    return { bytes: bodyOf(outcome.answer, url), from: `${url.origin}${url.pathname}` }
  } finally {
    transport.close()
  }
}

function readAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isHere = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))) {
    throw new HelperError('USAGE', 'the list is neither a file nor an https address', {
      hint: 'latchkey help aws profiles sync',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new HelperError('USAGE', 'the address of the list has a user name in it', {
      hint: 'get it with curl, and name the file',
    })
  }
  return url
}

function bodyOf(answer: HttpAnswer, url: URL): Buffer {
  const { status, body } = answer
  if (status === 200) return body
  const leads = answer.header('location')
  const to = leads !== undefined && URL.canParse(leads, url.href) ? new URL(leads, url.href).origin : undefined
  throw refused(
    status >= 300 && status < 400 && to !== undefined
      ? `${url.host} leads to ${to}: name the address there`
      : `${url.host} answers with HTTP ${status}`,
    url,
  )
}

function refused(reason: string, { origin, pathname }: URL, cause?: unknown): HelperError {
  return new HelperError('REFUSED', `the list cannot be had: ${reason}`, {
    cause,
    hint: `look at ${origin}${pathname} in a browser, or get it with curl and name the file`,
  })
}
