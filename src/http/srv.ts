import type { Endpoint } from './server-address.ts'

/** One SRV record, as node:dns has it. */
export interface SrvRecord {
  name: string
  port: number
  priority: number
  weight: number
}

/** Looks up SRV records. Rejects where there are none, or nobody can be asked. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>

/**
 * Where a host is by its records of `_http._tcp`, in the order in which they are to be tried; where it has none, the
 * address itself. That is which records the Go client of Vault reads (api/client.go, NewRequest; RFC 2782).
 * @param random uniform in [0, 1)
 */
export async function srvEndpoints(address: Endpoint, resolve: ResolveSrv, random: () => number) {
  const records = await resolve(`_http._tcp.${address.hostname}`).catch(() => [])
  const endpoints = inOrder(records, random).map(({ name, port }) => ({ hostname: name.replace(/\.$/, ''), port }))
  // A record with the root for its target says that there is no such service.
  const real = endpoints.filter(({ hostname }) => hostname !== '')
  return real.length === 0 ? [address] : real
}

/** By priority, and by chance in proportion to the weights among those of the same priority (RFC 2782). */
function inOrder(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  const order: SrvRecord[] = []
  while (left.length > 0) {
    const same = left.filter(({ priority }) => priority === left[0]!.priority)
    const sums = same.map((_, at) => same.slice(0, at + 1).reduce((sum, { weight }) => sum + weight, 0))
    const share = random() * sums.at(-1)!
    const chosen = same.find((_, at) => sums[at]! > share) ?? same[0]!
    left.splice(left.indexOf(chosen), 1)
    order.push(chosen)
  }
  return order
}
