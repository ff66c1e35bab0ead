import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { once } from '../../core/calls/once.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LoopbackListener } from '../../http/loopback-listener.ts'
import { startLoopbackServer } from '../../http/loopback-server.ts'
import { socketOwner } from '../../http/socket-owner.ts'

/** Addresses on this machine that lead a browser on, once. */
export interface OneShotLinks {
  /**
   * @param target where the browser is sent. It is in no argument of a program, which every user of the machine can read
   * @param again the command that makes another one
   * @returns the address, good for `oneShotMs`
   * @throws the system's error if nothing can listen on this machine
   */
  create(target: Secret<string>, again: string): Promise<string>
  /** Stops listening. */
  close(): Promise<void>
}

/** How long a link leads on, in ms. */
export const oneShotMs = 60_000
/** For this long, in ms, the page of a link that leads nowhere any more says what to run. */
const rememberedMs = 15 * 60_000
/** More than anybody opens in that time. */
const maxLinks = 256
const patienceMs = 10_000

interface Link {
  /** Undefined once it has been used. */
  target: Secret<string> | undefined
  again: string
  endsAtMs: number
}

/** What the links need from outside. */
export interface OneShotLinksDeps {
  clock: Clock
  /** Whom the links are for; undefined where the system does not tell whose a connection is. */
  uid: number | undefined
}

/** Listens only while there are links. */
export function createOneShotLinks({ clock, uid }: OneShotLinksDeps): OneShotLinks {
  const links = new Map<string, Link>()
  let listening: (() => Promise<LoopbackListener>) | undefined

  const listen = () => once(() => startLoopbackServer({ port: 0, clock, patienceMs, maxBodyBytes: 0, serve }))

  const stopListening = async () => {
    const stopped = listening
    listening = undefined
    await (await stopped?.())?.close()
  }

  const forget = (path: string) => {
    links.delete(path)
    // It was listening, so it can be stopped.
    if (links.size === 0) void stopListening()
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = incoming
    if (uid !== undefined && (await ownerOf(incoming.socket)) !== uid) {
      return say(response, 403, 'this address is for the user who asked for it')
    }
    const link = links.get(url)
    if (link === undefined) return say(response, 404, 'there is nothing here')
    // Only a visit uses it up, not a look at its headers.
    if (method !== 'GET') return say(response, 405, 'only a visit is answered')
    const target = clock.now() < link.endsAtMs ? link.target : undefined
    if (target === undefined)
      return say(response, 410, `this address has been used, or is too old; run\n\n  ${link.again}`)
    link.target = undefined
    response.writeHead(302, { ...plainHeaders, Location: target.expose(), 'Content-Length': 0 }).end()
  }

  return {
    async create(target, again) {
      listening ??= listen()
      const path = `/${randomBytes(16).toString('base64url')}`
      const [oldest] = links.keys()
      if (links.size === maxLinks && oldest !== undefined) links.delete(oldest)
      links.set(path, { target, again, endsAtMs: clock.now() + oneShotMs })
      clock.after(oneShotMs, () => {
        const link = links.get(path)
        if (link !== undefined) link.target = undefined
      })
      clock.after(rememberedMs, () => forget(path))
      try {
        return `http://127.0.0.1:${(await listening()).port}${path}`
      } catch (error) {
        links.delete(path)
        throw error
      }
    },
    async close() {
      links.clear()
      await stopListening()
    },
  }
}

function ownerOf({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket) {
  return socketOwner({
    local: { address: remoteAddress, port: remotePort },
    remote: { address: localAddress, port: localPort },
  })
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
