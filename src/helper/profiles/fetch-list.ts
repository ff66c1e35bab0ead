import { uptime } from 'node:os'
import { describeError } from '../../core/errors.ts'
import { maxSettingsBytes, readTextFile } from '../../core/files/read-file.ts'
import { type Environment, unreadCaFile } from '../../core/places/environment.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { createSystemClock } from '../../core/time/clock.ts'
import { serverAddress } from '../../http/server-address.ts'
import { caBeside } from '../../http/tls.ts'
import { createHttpTransport, type HttpAnswer, type HttpTransport } from '../../http/transport.ts'
import { HelperError } from '../fast/failure.ts'
import { listName } from './list-name.ts'

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
  const transport = await openTransport(url, maxBytes, unreadCaFile(environment))
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
    return { bytes: bodyOf(outcome.answer, url), from: listName(url) }
  } finally {
    transport.close()
  }
}

async function openTransport(url: URL, maxBytes: number, caFile: string | undefined): Promise<HttpTransport> {
  try {
    const extraCa =
      caFile === undefined ? undefined : await readTextFile(caFile, { maxBytes: maxSettingsBytes, isTrusted: true })
    const clock = createSystemClock(uptime)
    return createHttpTransport({
      address: serverAddress(url),
      tls: caBeside(extraCa),
      server: url.host,
      maxBytes,
      clock,
    })
  } catch (cause) {
    if (caFile === undefined) throw cause
    throw new HelperError('REFUSED', `NODE_EXTRA_CA_CERTS is of no use: ${describeError(cause)}`, {
      cause,
      hint: `look at ${shellWord(caFile)}, or unset NODE_EXTRA_CA_CERTS`,
    })
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
  const to = leads !== undefined && URL.canParse(leads, url.href) ? new URL(leads, url.href) : undefined
  if (status < 300 || status >= 400 || to === undefined) throw refused(`${url.host} answers with HTTP ${status}`, url)
  // Of another server no more than its name: what follows may be a secret that is meant for it.
  const where = to.origin === url.origin ? `its own ${to.pathname}` : to.origin
  throw refused(`${url.host} leads to ${where}: name the address there, if the list is there`, url)
}

function refused(reason: string, { origin, pathname }: URL, cause?: unknown): HelperError {
  return new HelperError('REFUSED', `the list cannot be had: ${reason}`, {
    cause,
    hint: `look at ${origin}${pathname} in a browser, or get it with curl and name the file`,
  })
}
