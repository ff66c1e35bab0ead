import { BlockList, isIP } from 'node:net'

/** Whether an address lies in one of the networks, which are `address` or `address/prefix`. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const family = familyOf(address)
  if (family === undefined) return false
  const list = new BlockList()
  for (const network of networks) {
    const [base, prefix] = network.split('/')
    const baseFamily = familyOf(base ?? '')
    if (base === undefined || baseFamily === undefined) continue
    if (prefix === undefined) list.addAddress(base, baseFamily)
    else list.addSubnet(base, Number(prefix), baseFamily)
  }
  return list.check(address, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}
