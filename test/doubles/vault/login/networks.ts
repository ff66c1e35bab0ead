import { BlockList, isIP } from 'node:net'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'

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

/** @throws {DevVaultError} INVALID_REQUEST when one is neither an address nor a network */
export function checkCidrs(cidrs: readonly string[]): void {
  const wrong = cidrs.find((cidr) => !isCidr(cidr))
  if (wrong !== undefined) throw invalidRequest(`invalid CIDR block ${JSON.stringify(wrong)}`)
}

function isCidr(text: string): boolean {
  const [address, prefix] = text.split('/')
  const family = isIP(address ?? '')
  if (family === 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
