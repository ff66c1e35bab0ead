import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorCode } from '../../../core/errors.ts'
import type { Clock } from '../../../core/time/clock.ts'
import type { LoopbackListener } from '../../../http/loopback-listener.ts'
import { startLoopbackServer } from '../../../http/loopback-server.ts'
import { peerUid } from '../../../http/socket-owner.ts'
import { type CallbackPage, callbackHeaders, callbackHtml } from './callback-page.ts'

/** The login that a server on loopback waits for. */
export interface AwaitedLogin {
  /** Who comes back with another one is not answered by the vault: one wrong nonce there would end the login. */
  state: string | undefined
  /** Where the browser begins. */
  target: string
  /** Called once, with what the browser has brought. Resolves to the page that is the answer; must not reject. */
  onCallback(fields: URLSearchParams, isForm: boolean): Promise<CallbackPage>
}

/** What a browser comes back to. */
export interface CallbackServer {
  port: number
  /** Begins to wait. @returns an address on this machine that leads a browser to `target` */
  await(login: AwaitedLogin): string
  /**
   * Takes what the browser would have brought, from a person who has copied its address.
   * @returns what is wrong with it, in words
   */
  paste(address: string): string | undefined
  /** Stops listening as soon as the browsers that have come have their page. */
  close(): void
}

/** What it is started with. */
export interface CallbackServerOptions {
  clock: Clock
  uid: number | undefined
  /** Tried one after the other, the first that is free is taken. */
  ports: readonly number[]
  /** The path to which the provider leads the browser. */
  path: string
  /** What a browser calls this machine, if not as loopback is called (`redirect_uri`). */
  host?: string
  startServer?: typeof startLoopbackServer
  /** Whose program has the other end of a connection. */
  ownerOf?: typeof peerUid
}

/** For a browser that connects ahead and asks later, in ms. */
const patienceMs = 60_000
/** An id_token with many groups in it is long. */
const maxBodyBytes = 256 * 1024
/** A browser that does not take its page within this time, in ms, does not get it. */
const lingerMs = 5_000

const elsewhere = 'Nothing has been done. The login that latchkey waits for goes on: finish it where it began.'

/**
 * Waits on loopback for the browser of one login. Web pages and other users' programs can come too: whoever does not have
 * the state of the login gets a page that says so, and the login goes on.
 * @throws the system's error where no port is free
 */
export async function startCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  const { clock, uid, ports, path, host, startServer = startLoopbackServer, ownerOf = peerUid } = options
  const startPath = `/latchkey/${randomBytes(16).toString('base64url')}`
  const answering = new Set<Promise<void>>()
  let awaited: AwaitedLogin | undefined
  /** The page for everybody who brings the right state: two browsers are one login. */
  let page: Promise<CallbackPage> | undefined

  const take = (fields: URLSearchParams, isForm: boolean): Promise<CallbackPage> | undefined => {
    if (awaited?.state === undefined || !isEqual(fields.get('state') ?? '', awaited.state)) return undefined
    page ??= awaited.onCallback(fields, isForm)
    return page
  }

  const pageFor = async (incoming: IncomingMessage, body: Buffer): Promise<CallbackPage> => {
    if (pathOf(incoming) !== path) return { status: 404, title: 'There is nothing here', text: elsewhere }
    const isForm = incoming.method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(typeOf(incoming))
    if (incoming.method !== 'GET' && !isForm) return { status: 405, title: 'This is not a login', text: elsewhere }
    const fields = isForm ? new URLSearchParams(body.toString()) : queryOf(incoming)
    return (await take(fields, isForm)) ?? { status: 400, title: 'This is another login', text: elsewhere }
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const owner = uid === undefined ? undefined : await ownerOf(incoming.socket)
    if (owner !== undefined && owner !== uid && owner !== 0) {
      const text = `This login is for another user of this machine. ${elsewhere}`
      return send(response, { status: 403, title: 'This is not your login', text })
    }
    if (awaited !== undefined && incoming.method === 'GET' && pathOf(incoming) === startPath) {
      const { target: Location } = awaited
      response.writeHead(302, { ...callbackHeaders, Location, 'Content-Length': 0 }).end()
      return
    }
    send(response, await pageFor(incoming, body))
  }

  const listener = await listen(ports, (port) =>
    startServer({
      port,
      clock,
      patienceMs,
      maxBodyBytes,
      host,
      serve(incoming, response, body) {
        const done = new Promise<void>((resolve) => response.once('close', resolve))
        answering.add(done)
        void done.then(() => answering.delete(done))
        return serve(incoming, response, body)
      },
    }),
  )

  return {
    port: listener.port,
    await(login) {
      awaited = login
      return `http://localhost:${listener.port}${startPath}`
    },
    paste(address) {
      const fields = URL.canParse(address) ? new URL(address).searchParams : undefined
      if (fields === undefined || (!fields.has('code') && !fields.has('error')))
        return 'that is not the address that the browser ended on: it has a code in it'
      return take(fields, false) === undefined ? 'that address is of another login' : undefined
    },
    close() {
      // A browser that comes from now on gets no page, and one that is being served gets it first.
      const stopWaiting = clock.after(lingerMs, () => void listener.close())
      void Promise.all(answering).then(() => {
        stopWaiting()
        void listener.close()
      })
    },
  }
}

async function listen(
  ports: readonly number[],
  start: (port: number) => Promise<LoopbackListener>,
): Promise<LoopbackListener> {
  for (const [index, port] of ports.entries()) {
    try {
      return await start(port)
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE' || index === ports.length - 1) throw error
    }
  }
  throw new Error('no port was given')
}

function send(response: ServerResponse, page: CallbackPage): void {
  const html = callbackHtml(page)
  response
    .writeHead(page.status, {
      ...callbackHeaders,
      ...(page.status === 405 ? { Allow: 'GET, POST' } : {}),
      Connection: 'close',
      'Content-Length': Buffer.byteLength(html),
    })
    .end(html)
}

const pathOf = ({ url = '' }: IncomingMessage) => url.split('?', 1)[0]
const queryOf = ({ url = '' }: IncomingMessage) => new URLSearchParams(url.split('?').slice(1).join('?'))
const typeOf = ({ headers }: IncomingMessage) => headers['content-type'] ?? ''

/** Compares in a time that says nothing about where they differ. */
function isEqual(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(left!, right!)
}
