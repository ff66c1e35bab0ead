import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { findProgram } from './peers.ts'

/** A program that runs until the test ends. */
async function startPeer(name: string, args: readonly string[], readyLine: RegExp, from: 'stdout' | 'stderr') {
  const child = spawn(findProgram(name)!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface(child[stream]).on('line', (line) => {
      lines.push(line)
      if (stream === from && readyLine.test(line)) child.emit('ready')
    })
  }
  const isReady = await Promise.race([once(child, 'ready').then(() => true), ended.then(() => false)])
  if (!isReady) throw new Error(`${name} ended:\n${lines.join('\n')}`)
  return { lines: () => lines }
}

/** tinyproxy on a free port of loopback, which leads to this port of loopback and nowhere else. */
export async function startTinyproxy(folder: string, connectPort: number) {
  const port = await freePort()
  const config = join(folder, 'tinyproxy.conf')
  const settings = ['Listen 127.0.0.1', `Port ${port}`, 'Timeout 600', 'LogLevel Info', 'MaxClients 20']
  writeFileSync(config, [...settings, 'Allow 127.0.0.1', `ConnectPort ${connectPort}`, ''].join('\n'))
  const { lines } = await startPeer('tinyproxy', ['-d', '-c', config], /Accepting connections/, 'stdout')
  return { address: `http://127.0.0.1:${port}`, log: () => lines().join('\n') }
}

/** dnsmasq on a free port of loopback, which knows these records and asks nobody. @param records as its options have them */
export async function startDnsmasq(folder: string, records: readonly string[]) {
  const port = await freePort()
  const config = join(folder, 'dnsmasq.conf')
  const settings = ['no-daemon', 'no-resolv', 'no-hosts', 'bind-interfaces', 'listen-address=127.0.0.1', `port=${port}`]
  writeFileSync(config, [...settings, 'pid-file=', 'log-queries', ...records, ''].join('\n'))
  const { lines } = await startPeer('dnsmasq', [`--conf-file=${config}`], /started, version/, 'stderr')
  return { server: `127.0.0.1:${port}`, log: () => lines().join('\n') }
}
