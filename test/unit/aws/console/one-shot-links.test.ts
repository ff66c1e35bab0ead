import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createOneShotLinks } from '../../../../src/aws/console/one-shot-links.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { startLoopbackServer } from '../../../../src/http/loopback-server.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const target = new Secret('https://signin.test/federation?SigninToken=abc')
const again = 'latchkey aws console dev'

const ownUid = process.platform === 'linux' ? process.getuid?.() : undefined

function links(uid: number | undefined = ownUid, startServer = startLoopbackServer) {
  const clock = fakeClock()
  const made = createOneShotLinks({ clock, uid, startServer })
  onTestFinished(made.close)
  const create = async (...args: Parameters<typeof made.create>) => (await made.create(...args)).url
  return { clock, ...made, create, createLink: made.create }
}

async function visit(url: string) {
  const incoming = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get(url, { agent: false }, resolve).on('error', reject)
  })
  const { statusCode: status, headers } = incoming
  return { status, location: headers.location, headers, page: await text(incoming) }
}

describe('a one-shot link', () => {
  it('leads on once, leaves no trace, and then says what to run', async () => {
    const { create } = links()
    const url = await create(target, again)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/)
    const first = await visit(url)
    expect(first).toMatchObject({ status: 302, location: target.expose(), page: '' })
    expect(first.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    const second = await visit(url)
    expect(second).toMatchObject({ status: 410, location: undefined })
    expect(second.page).toBe(`latchkey: this address has been used, or is too old; run\n\n  ${again}\n`)
    expect(second.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
  })

  it('is known to be visited once it has led on', async () => {
    const { createLink, isVisited, clock } = links()
    const [{ id, url }, other] = [await createLink(target, again), await createLink(target, again)]
    expect(isVisited(id)).toBe(false)
    await visit(url)
    expect([isVisited(id), isVisited(other.id), isVisited('x')]).toEqual([true, false, false])
    clock.advance(60_000)
    expect([isVisited(id), isVisited(other.id)]).toEqual([true, false])
  })

  it('leads on for a minute', async () => {
    const { create, clock } = links()
    const [early, late] = [await create(target, again), await create(target, again)]
    clock.advance(59_999)
    expect((await visit(early)).status).toBe(302)
    clock.advance(1)
    expect((await visit(late)).status).toBe(410)
  })

  it('has ended though the timers stood still while the machine slept', async () => {
    const { create, clock } = links()
    const url = await create(target, again)
    clock.suspend(3_600_000)
    expect((await visit(url)).status).toBe(410)
  })

  it('leads two visitors at once on only once', async () => {
    const { create } = links()
    const url = await create(target, again)
    const answers = await Promise.all([1, 2, 3, 4].map(() => visit(url)))
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(3)
  })

  it('does not lead on by another address', async () => {
    const { create } = links()
    const url = await create(target, again)
    expect((await visit(`${url}x`)).status).toBe(404)
    expect((await visit(`${url}?x`)).status).toBe(404)
    expect((await visit(new URL('/', url).href)).status).toBe(404)
    expect((await visit(url)).status).toBe(302)
  })

  it.runIf(process.platform === 'linux')('is for one user, and not used up by another', async () => {
    const { create } = links(process.getuid!() + 1)
    const url = await create(target, again)
    // A browser on the host of this machine comes through a relay of the superuser's.
    expect(await visit(url)).toMatchObject({
      status: 403,
      page: `latchkey: this address is for programs of the user who asked for it; for a browser of another one, run\n\n  ${again} --print\n`,
    })
    expect(await visit(new URL('/x', url).href)).toMatchObject({
      status: 403,
      page: 'latchkey: this address is for programs of the user who asked for it\n',
    })
  })
})

describe('the listener', () => {
  it('is there while somebody may come back to a link, and no longer', async () => {
    const { create, clock } = links()
    const [first, second] = [await create(target, again), await create(target, again)]
    expect(new URL(first).port).toBe(new URL(second).port)
    clock.advance(15 * 60_000)
    await expect(visit(first)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const third = await create(target, again)
    expect((await visit(third)).status).toBe(302)
  })

  it('ends with the daemon', async () => {
    const { create, close } = links()
    const url = await create(target, again)
    await close()
    await expect(visit(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('is tried again for the next link where nothing could listen, and by nothing else', async () => {
    let attempts = 0
    const { create, clock, close } = links(ownUid, async (options) => {
      attempts += 1
      if (attempts < 3) throw Object.assign(new Error('listen EMFILE'), { code: 'EMFILE' })
      return await startLoopbackServer(options)
    })
    const failed = {
      code: 'AWS_CONSOLE_NOT_OPENED',
      message: 'there is no address to open the console by: nothing can listen on this machine: listen EMFILE',
      hint: `${again} --print`,
    }
    await expect(create(target, again)).rejects.toMatchObject(failed)
    await expect(create(target, again)).rejects.toMatchObject(failed)
    expect(clock.pendingTimers()).toBe(0)
    clock.advance(60 * 60_000)
    expect(attempts).toBe(2)
    expect((await visit(await create(target, again))).status).toBe(302)
    await close()
    expect([attempts, clock.pendingTimers()]).toEqual([3, 0])
  })

  it('is not there again once the daemon stops, though a link was under way', async () => {
    let attempts = 0
    let fail = (_error: Error) => {}
    const { create, close } = links(ownUid, () => {
      attempts += 1
      return new Promise((_resolve, reject) => {
        fail = reject
      })
    })
    const underWay = create(target, again)
    const closed = close()
    fail(new Error('listen EACCES'))
    await expect(underWay).rejects.toMatchObject({ code: 'AWS_CONSOLE_NOT_OPENED' })
    await expect(closed).resolves.toBeUndefined()
    await expect(create(target, again)).rejects.toMatchObject({ message: expect.stringContaining('is stopping') })
    expect(attempts).toBe(1)
  })

  it('leaves no address behind that was made as the daemon stopped', async () => {
    const { create, close } = links()
    const underWay = create(target, again)
    await close()
    await expect(underWay).rejects.toMatchObject({ code: 'AWS_CONSOLE_NOT_OPENED' })
  })

  it('leads on by no more links than anybody opens: the oldest say what to run', async () => {
    const { create } = links()
    const urls: string[] = []
    for (let made = 0; made < 257; made += 1) urls.push(await create(target, again))
    expect(await visit(urls[0]!)).toMatchObject({ status: 410, page: expect.stringContaining(again) })
    expect((await visit(urls[1]!)).status).toBe(302)
    expect((await visit(urls[256]!)).status).toBe(302)
  })

  it('remembers no more links than anybody opens', async () => {
    const { create, clock } = links()
    const first = await create(target, again)
    for (let made = 0; made < 4096; made += 1) await create(target, again)
    expect((await visit(first)).status).toBe(404)
    expect(clock.pendingTimers()).toBeLessThan(4100)
  })
})
