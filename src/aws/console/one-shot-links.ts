import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LoopbackListener } from '../../http/loopback-listener.ts'
import { startLoopbackServer } from '../../http/loopback-server.ts'
import { peerUid } from '../../http/socket-owner.ts'
import { AwsError } from '../aws-error.ts'

/** An address on this machine that leads a browser on, once. */
export interface OneShotLink {
  id: string
  url: string
}

/** Makes them, and knows what became of them. */
export interface OneShotLinks {
  /**
   * @param target where the browser is sent. It is in no argument of a program, which every user of the machine can read
   * @param again the command that makes another one
   * @returns an address that is good for `oneShotMs`
   * @throws {AwsError} AWS_CONSOLE_NOT_OPENED: nothing can listen on this machine, or nothing is to listen any more
   */
  create(target: Secret<string>, again: string): Promise<OneShotLink>
  /** Whether a link has led a browser on; false for one that is not remembered. */
  isVisited(id: string): boolean
  /** Stops listening, for good. */
  close(): Promise<void>
}

/** How long a link leads on, in ms. */
export const oneShotMs = 60_000
/** For this long, in ms, the page of a link that leads nowhere any more says what to run. */
const rememberedMs = 15 * 60_000
/** More than anybody opens within a minute: then the oldest lead nowhere. */
const maxOpen = 256
/** More than anybody opens in the time that they are remembered. */
const maxRemembered = 16 * maxOpen
const patienceMs = 10_000

interface Link {
  /** Undefined once it has been used, or is too old. */
  target: Secret<string> | undefined
  again: string
  isVisited: boolean
  endsAtMs: number
  /** Of the timer that ends it, and then of the one that forgets it. */
  stopTimer: () => void
}

/** What the links need from outside. */
export interface OneShotLinksDeps {
  clock: Clock
  /** Whom the links are for; undefined where the system does not tell whose a connection is. */
  uid: number | undefined
  /** What listens: a server on loopback. */
  startServer?: typeof startLoopbackServer
}

/** Listens only while there are links. */
export function createOneShotLinks(deps: OneShotLinksDeps): OneShotLinks {
  const { clock, uid, startServer = startLoopbackServer } = deps
  const links = new Map<string, Link>()
  let listening: Promise<LoopbackListener> | undefined
  let isClosed = false

  const stopListening = async () => {
    const stopped = listening
    listening = undefined
    // Where nothing could listen there is nothing to stop, and who wanted it has been told.
    const listener = await stopped?.catch(() => undefined)
    await listener?.close()
  }

  const forget = (id: string) => {
    links.get(id)?.stopTimer()
    links.delete(id)
    if (links.size === 0) void stopListening()
  }

  const end = (id: string, link: Link) => {
    link.target = undefined
    link.stopTimer()
    link.stopTimer = clock.after(rememberedMs - oneShotMs, () => forget(id))
  }

  const makeRoom = () => {
    const [oldest] = links.keys()
    if (links.size === maxRemembered && oldest !== undefined) forget(oldest)
    const open = [...links].filter(([, { target }]) => target !== undefined)
    if (open.length === maxOpen) end(...open[0]!)
  }

  /** @throws what listening fails with; it is tried again then for the next link */
  const listen = async (): Promise<LoopbackListener> => {
    listening ??= startServer({ port: 0, clock, patienceMs, maxBodyBytes: 0, serve })
    const current = listening
    try {
      return await current
    } catch (error) {
      if (listening === current) listening = undefined
      throw error
    }
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = incoming
    const link = links.get(url.slice(1))
    if (uid !== undefined && (await peerUid(incoming.socket)) !== uid) return say(response, 403, forOthers(link))
    if (link === undefined) return say(response, 404, 'there is nothing here')
    // Only a visit uses it up, not a look at its headers.
    if (method !== 'GET') return say(response, 405, 'only a visit is answered')
    const target = clock.now() < link.endsAtMs ? link.target : undefined
    if (target === undefined)
      return say(response, 410, `this address has been used, or is too old; run\n\n  ${link.again}`)
    link.target = undefined
    link.isVisited = true
    response.writeHead(302, { ...plainHeaders, Location: target.expose(), 'Content-Length': 0 }).end()
  }

  return {
    async create(target, again) {
      if (isClosed) throw notOpened('the daemon is stopping', again)
      makeRoom()
      const id = randomBytes(16).toString('base64url')
      const stopTimer = clock.after(oneShotMs, () => end(id, link))
      const link: Link = { target, again, isVisited: false, endsAtMs: clock.now() + oneShotMs, stopTimer }
      // Before there is a listener, so that the end of an older link does not stop it.
      links.set(id, link)
      const { port } = await listen().catch((error: unknown) => {
        forget(id)
        throw notOpened(`nothing can listen on this machine: ${describeError(error)}`, again, error)
      })
      if (isClosed) throw notOpened('the daemon is stopping', again)
      return { id, url: `http://127.0.0.1:${port}/${id}` }
    },
    isVisited: (id) => links.get(id)?.isVisited === true,
    async close() {
      isClosed = true
      for (const { stopTimer } of links.values()) stopTimer()
      links.clear()
      await stopListening()
    },
  }
}

function notOpened(reason: string, again: string, cause?: unknown): AwsError {
  return new AwsError('AWS_CONSOLE_NOT_OPENED', `there is no address to open the console by: ${reason}`, {
    cause,
    hint: `${again} --print`,
  })
}

/** What a browser on this machine gets that runs as another user, or whose connections another user's program relays. */
function forOthers(link: Link | undefined): string {
  const refused = 'this address is for programs of the user who asked for it'
  return link === undefined ? refused : `${refused}; for a browser of another one, run\n\n  ${link.again} --print`
}

/** The page that follows must not learn this address, and nobody is to keep what is here. */
const plainHeaders = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

function say(response: ServerResponse, status: number, text: string): void {
  const body = `latchkey: ${text}\n`
  response
    .writeHead(status, {
      ...plainHeaders,
      ...(status === 405 ? { Allow: 'GET' } : {}),
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body)
}
