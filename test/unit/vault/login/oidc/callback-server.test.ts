import { describe, expect, it, onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../../../../src/http/loopback-listener.ts'
import { callbackHtml } from '../../../../../src/vault/login/oidc/callback-page.ts'
import { type CallbackServerOptions, startCallbackServer } from '../../../../../src/vault/login/oidc/callback-server.ts'
import { fakeClock } from '../../../../support/fake-clock.ts'

const target = 'https://sso.example.com/auth?state=s'

async function server(options: Partial<CallbackServerOptions> = {}) {
  const clock = fakeClock()
  const started = await startCallbackServer({ clock, uid: undefined, ports: [0], path: '/oidc/callback', ...options })
  onTestFinished(started.close)
  const brought: string[] = []
  const link = started.await({
    state: 's',
    target,
    async onCallback(fields, isForm) {
      brought.push(`${isForm ? 'form' : 'query'} ${fields.toString()}`)
      return { status: 200, title: 'Done', text: 'done' }
    },
  })
  const visit = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${started.port}${path}`, { redirect: 'manual', ...init })
    return {
      status: response.status,
      location: response.headers.get('location'),
      page: await response.text(),
      headers: response.headers,
    }
  }
  return { ...started, clock, link, brought, visit }
}

describe('a server that waits for a browser', () => {
  it('leads a browser on as often as it comes, by an address that nobody guesses', async () => {
    const { link, visit } = await server()
    const { pathname } = new URL(link)
    for (const _ of [1, 2]) expect(await visit(pathname)).toMatchObject({ status: 302, location: target })
    expect(pathname).toMatch(/^\/latchkey\/[\w-]{22}$/)
    expect((await visit('/latchkey/guess')).status).toBe(404)
    expect((await visit(pathname, { method: 'POST' })).status).toBe(404)
  })

  it('takes what a browser brings with its query or as a form', async () => {
    const { visit, brought } = await server()
    expect(await visit('/oidc/callback?state=s&code=a%20b')).toMatchObject({
      status: 200,
      page: expect.stringContaining('<h1>Done</h1>'),
    })
    expect(brought).toEqual(['query state=s&code=a+b'])
    const other = await server()
    await other.visit('/oidc/callback', { method: 'POST', body: new URLSearchParams({ state: 's', id_token: 'e' }) })
    expect(other.brought).toEqual(['form state=s&id_token=e'])
  })

  it.each<[string, RequestInit, number]>([
    ['/oidc/callback', { method: 'PUT' }, 405],
    [
      '/oidc/callback?state=s',
      { method: 'POST', body: '{"state":"s"}', headers: { 'Content-Type': 'application/json' } },
      405,
    ],
    ['/oidc/callback?state=s', { method: 'POST', body: new URLSearchParams({ state: 'x' }) }, 400],
    ['/oidc/callback?state=S', {}, 400],
    ['/oidc', {}, 404],
    ['/favicon.ico', {}, 404],
  ])('refuses %s %j, and goes on', async (path, init, status) => {
    const { visit, brought } = await server()
    const refused = await visit(path, init)
    expect(refused.status).toBe(status)
    expect(refused.page).toContain('Nothing has been done.')
    expect(brought).toEqual([])
    expect((await visit('/oidc/callback?state=s')).status).toBe(200)
  })

  it.each([
    [1000, 1000, 200],
    [1000, 0, 200],
    // Not on this system, or its program has gone.
    [1000, undefined, 200],
    [1000, 1001, 403],
  ])('of user %i answers a program of user %j with %i', async (uid, owner, status) => {
    const { visit, link } = await server({ uid, ownerOf: async () => owner })
    expect((await visit('/oidc/callback?state=s')).status).toBe(status)
    expect((await visit(new URL(link).pathname)).status).toBe(status === 200 ? 302 : 403)
  })

  it('refuses a form that is longer than any', async () => {
    const { visit } = await server()
    const body = new URLSearchParams({ state: 's', id_token: 'x'.repeat(256 * 1024) })
    expect((await visit('/oidc/callback', { method: 'POST', body })).status).toBe(413)
  })

  it('takes the next port where one is taken, and says why it can take none', async () => {
    const taken = await listenOnLoopback(0, (socket) => socket.destroy())
    onTestFinished(taken.close)
    const { port } = await server({ ports: [taken.port, 0] })
    expect(port).not.toBe(taken.port)
    await expect(server({ ports: [taken.port] })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('gives a browser its page before it stops, but does not wait long for one that takes none', async () => {
    let hasCome!: () => void
    const come = new Promise<void>((resolve) => {
      hasCome = resolve
    })
    let tell!: () => void
    const shown = new Promise<void>((resolve) => {
      tell = resolve
    })
    const clock = fakeClock()
    const started = await startCallbackServer({ clock, uid: undefined, ports: [0], path: '/' })
    started.await({
      state: 's',
      target,
      async onCallback() {
        hasCome()
        await shown
        return { status: 200, title: 'Done', text: 'done' }
      },
    })
    const page = fetch(`http://127.0.0.1:${started.port}/?state=s`)
    await come
    started.close()
    tell()
    expect(await (await page).text()).toContain('Done')
    await expect
      .poll(() =>
        fetch(`http://127.0.0.1:${started.port}/`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
  })
})

it('a page shows a text as it is', () => {
  expect(callbackHtml({ status: 400, title: '<b>', text: `"&'` })).toContain(
    '<h1>&#60;b&#62;</h1>\n<p>&#34;&#38;&#39;</p>',
  )
})
