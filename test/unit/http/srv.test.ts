import { expect, it } from 'vitest'
import { type SrvRecord, srvEndpoints } from '../../../src/http/srv.ts'

const address = { hostname: 'vault.example.com', port: 443 }
const record = (name: string, priority: number, weight: number): SrvRecord => ({ name, port: 8200, priority, weight })
const places = async (records: readonly SrvRecord[], random = 0) =>
  (
    await srvEndpoints(
      address,
      async () => records,
      () => random,
    )
  ).map(({ hostname }) => hostname)

it('asks for _http._tcp of the host', async () => {
  const asked: string[] = []
  const endpoints = await srvEndpoints(
    address,
    async (name) => {
      asked.push(name)
      return [record('node.example.com.', 1, 1)]
    },
    () => 0,
  )
  expect(asked).toEqual(['_http._tcp.vault.example.com'])
  expect(endpoints).toEqual([{ hostname: 'node.example.com', port: 8200 }])
})

it('goes by priority, whatever the weights', async () => {
  const records = [record('c', 20, 100), record('a', 1, 0), record('b', 10, 5)]
  expect(await places(records)).toEqual(['a', 'b', 'c'])
  expect(await places(records, 0.999)).toEqual(['a', 'b', 'c'])
})

it('chooses among equals in proportion to their weights', async () => {
  const records = [record('light', 1, 1), record('heavy', 1, 3)]
  expect((await places(records, 0.24))[0]).toBe('light')
  expect((await places(records, 0.26))[0]).toBe('heavy')
  expect(await places(records, 0.999)).toEqual(['heavy', 'light'])
})

it('takes records without weights as they come', async () => {
  expect(await places([record('a', 1, 0), record('b', 1, 0)], 0.9)).toEqual(['a', 'b'])
})

it('stays with the address where there are no records, or none that is a server', async () => {
  expect(await places([])).toEqual(['vault.example.com'])
  expect(await places([record('.', 0, 0)])).toEqual(['vault.example.com'])
  expect(
    await srvEndpoints(
      address,
      () => Promise.reject(new Error('ENOTFOUND')),
      () => 0,
    ),
  ).toEqual([address])
})
