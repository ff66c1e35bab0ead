// What does it cost that a list is made for the host to which the client is bound?
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { bindRequest, keyBlobsOf, listRequest, makeKey, openAgent } from './agent-client.mjs'
import { measureAgents, reportCosts } from './agent-rates.mjs'
import { alternate, mediansOf, report } from './measuring.mjs'
import { makeFolder, startDaemon } from './subjects.mjs'

const identities = 50
const host = 'bench.example'
const otherLines = 10_000
const mostTime = 1.3
const mostMoreMs = 2
const newListRounds = 301
/** How long Vault may take to certify all of them, in tries of a tenth of a second. */
const certifyTries = 300

const hostKey = makeKey()
const bind = bindRequest(hostKey)
const hostLine = (name, { keyBlob }) => `${name} ssh-ed25519 ${keyBlob.toString('base64')}\n`

/** A daemon with so many certified identities, as those of a `latchkey dev` by whose Vault they are. */
async function startWith({ hosts, lines }, dev) {
  const folder = makeFolder()
  const knownHosts = join(folder, 'known_hosts')
  const other = makeKey()
  const others = Array.from({ length: lines }, (_, index) => hostLine(`host-${index}.example`, other))
  writeFileSync(knownHosts, [...others, hostLine(host, hostKey)].join(''))
  const vault = /^\[vault\.dev\]$[^[]*/m.exec(readFileSync(dev.env.LATCHKEY_CONFIG, 'utf8'))[0]
  const settings = `vault = "dev"\nrole = "dev"\nprincipals = ["root"]\n${hosts ? `hosts = ["${host}"]\n` : ''}`
  const sections = Array.from({ length: identities }, (_, index) => `[ssh.identity.bench-${index}]\n${settings}`)
  const toml = `[ssh]\nknown_hosts = ["${knownHosts}"]\n${vault}\n${sections.join('')}`
  const daemon = await startDaemon(toml, folder)
  for (let tries = 0; (await listFor(daemon)) < identities; tries += 1) {
    if (tries === certifyTries) throw new Error(`the daemon does not list ${identities} identities`)
    await wait(100)
  }
  return daemon
}

/** Connects as ssh does and lists. @returns how many are listed */
async function listFor({ socket }) {
  const agent = await openAgent(socket)
  await agent.ask(bind)
  const count = keyBlobsOf(await agent.ask(listRequest)).length
  agent.close()
  return count
}

async function timeNew(daemon) {
  const startedMs = performance.now()
  await listFor(daemon)
  return performance.now() - startedMs
}

/** @param dev a `latchkey dev` */
export async function measureDestinations(dev) {
  const plain = await startWith({ hosts: false, lines: 0 }, dev)
  const known = await startWith({ hosts: true, lines: 0 }, dev)
  const among = await startWith({ hosts: true, lines: otherLines }, dev)
  const options = { kind: 'list', connections: 1, bind: bind.toString('base64') }
  reportCosts(`list of ${identities} identities for a host`, measureAgents(known, plain, options), {
    names: ['for the host', 'for any'],
    goal: { atMost: mostTime },
  })
  const pairs = await alternate(
    newListRounds,
    () => timeNew(among),
    () => timeNew(known),
  )
  const { ours, theirs } = mediansOf(pairs)
  report(`connecting, binding and listing with ${otherLines} lines of known_hosts`, {
    value: ours - theirs,
    unit: 'ms more',
    goal: { atMost: mostMoreMs },
    detail: `${ours.toFixed(2)} ms, with one line ${theirs.toFixed(2)} ms`,
  })
  for (const { stop } of [plain, known, among]) await stop()
}
