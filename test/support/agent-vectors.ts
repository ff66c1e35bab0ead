import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../vectors/agent/', import.meta.url))

/** Names of the exchanges that were recorded between OpenSSH's clients and ssh-agent; make.mjs there says how. */
export const agentVectors: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.request.bin'))
  .map((file) => file.slice(0, -'.request.bin'.length))

/** One recorded message without its length field. Each call reads it anew: decoding an added key overwrites it. */
export function agentVector(name: string, side: 'request' | 'response'): Buffer {
  return readFileSync(join(folder, `${name}.${side}.bin`))
}

/** The recorded binds of ssh, by the kind of host key; each of them says that it authenticates. */
export const bindVectors = agentVectors.filter((name) => name.startsWith('bind-'))
/** The recorded adds of ssh-add without constraints, by the kind of key. */
export const plainAddVectors = agentVectors.filter((name) => /^add-(ed25519|ecdsa\d+|rsa)(-cert)?$/.test(name))
