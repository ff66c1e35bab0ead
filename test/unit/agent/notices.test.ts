import { expect, it } from 'vitest'
import { createAgentNotices } from '../../../src/agent/notices.ts'
import { settle } from '../../support/agent-issuer.ts'
import { fakeClock } from '../../support/fake-clock.ts'

function peerNamed(name: string, commandLine: readonly string[] = []) {
  const peer = {
    name,
    reads: 0,
    async commandLine() {
      peer.reads += 1
      return commandLine
    },
  }
  return peer
}

it('has the latest first, with the program that asked', async () => {
  const clock = fakeClock()
  const notices = createAgentNotices(clock)
  notices.add({ reason: 'first', peer: peerNamed('pid 1', ['/usr/bin/ssh', 'host']) })
  clock.advance(1_000)
  notices.add({ reason: 'second', key: 'SHA256:k', host: 'SHA256:h', peer: peerNamed('pid 2') })
  await settle()
  expect(notices.recent()).toEqual([
    { atMs: clock.now(), reason: 'second', count: 1, key: 'SHA256:k', peer: 'pid 2', host: 'SHA256:h' },
    { atMs: clock.now() - 1_000, reason: 'first', count: 1, key: undefined, peer: 'ssh (pid 1)', host: undefined },
  ])
})

it('counts what happens again, and looks at a process once', async () => {
  const notices = createAgentNotices(fakeClock())
  const peer = peerNamed('pid 1', ['ssh'])
  for (let times = 0; times < 1_000; times += 1) notices.add({ reason: 'no key', peer })
  await settle()
  for (let times = 0; times < 1_000; times += 1) notices.add({ reason: 'no key', peer })
  expect(notices.recent()).toMatchObject([{ count: 2_000, peer: 'ssh (pid 1)' }])
  expect(peer.reads).toBe(1)
})

it('keeps ten', () => {
  const notices = createAgentNotices(fakeClock())
  for (let index = 0; index < 20; index += 1) notices.add({ reason: `reason ${index}` })
  expect(notices.recent().map(({ reason }) => reason)).toEqual(
    Array.from({ length: 10 }, (_, index) => `reason ${19 - index}`),
  )
})
