import { expect, it } from 'vitest'
import { createSwitchedClient } from '../../../../src/daemon/running/switched-client.ts'
import type { VaultClient } from '../../../../src/vault/client.ts'

function client(name: string) {
  let closed = 0
  const answers: (() => void)[] = []
  const self: VaultClient = {
    name,
    destination: 'https://v',
    request: () => new Promise((resolve) => answers.push(() => resolve({ name } as never))),
    close() {
      closed += 1
    },
  }
  return { self, answers, closed: () => closed }
}

it('sends new requests through the new connection, and closes the former one after its last request', async () => {
  const [one, two] = [client('one'), client('two')]
  const switched = createSwitchedClient(one.self)
  const request = { method: 'GET', path: 'x', purpose: { type: 'look-up' } } as never
  const first = switched.request(request)
  switched.use(two.self)
  const second = switched.request(request)
  expect(one.closed()).toBe(0)
  one.answers[0]!()
  expect(await first).toEqual({ name: 'one' })
  expect([one.closed(), two.closed()]).toEqual([1, 0])
  two.answers[0]!()
  expect(await second).toEqual({ name: 'two' })
  switched.close()
  expect([one.closed(), two.closed()]).toEqual([1, 1])
})

it('ends an idle connection at once', () => {
  const [one, two] = [client('one'), client('two')]
  createSwitchedClient(one.self).use(two.self)
  expect(one.closed()).toBe(1)
})
