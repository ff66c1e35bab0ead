import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { addKey, empty, extension, number, privateNumbers, reply } from '../support/agent-messages.ts'
import { connectRaw } from '../support/agent-subject.ts'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { maySeeDaemon } from '../support/processes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const keys: readonly [string, KeyObject, 'd' | 'p'][] = [
  ['Ed25519', generateKeyPairSync('ed25519').privateKey, 'd'],
  ['ECDSA', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'd'],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'p'],
]

/** How often the bytes are in the memory of a process (proc_pid_mem(5)). Reads all that can be written. */
function occurrences(pid: number, bytes: Uint8Array): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    return readFileSync(`/proc/${pid}/maps`, 'latin1')
      .split('\n')
      .filter((line) => / rw/.test(line))
      .map((line) => countIn(readArea(memory, line), bytes))
      .reduce((sum, count) => sum + count, 0)
  } finally {
    closeSync(memory)
  }
}

function readArea(memory: number, line: string): Buffer {
  const [from, to] = line
    .split(' ', 1)[0]!
    .split('-')
    .map((text) => Number.parseInt(text, 16))
  const area = Buffer.alloc(to! - from!)
  try {
    return area.subarray(0, readSync(memory, area, 0, area.length, from!))
  } catch {
    // Gone since, or not to be read, as the kernel's own pages.
    return area.subarray(0, 0)
  }
}

function countIn(area: Buffer, bytes: Uint8Array): number {
  let count = 0
  for (let at = area.indexOf(bytes); at >= 0; at = area.indexOf(bytes, at + 1)) count += 1
  return count
}

/** OpenSSL keeps the words of its numbers from the lowest on. */
const inWords = (value: Uint8Array) => Buffer.from(value).reverse()

if (!maySeeDaemon) process.stderr.write('SKIPPED the memory of the daemon: only root may read it\n')

describe.runIf(maySeeDaemon)('the memory of the daemon', () => {
  it.each(keys)('holds an added key (%s) once, and no more once it was removed', async (name, key, part) => {
    // Some seconds after it has been busy, V8 collects by itself once or twice, and then no more: not to be waited for.
    const daemon = await startBuiltDaemon(temporaryFolder(), '', { nodeOptions: ['--no-memory-reducer'] })
    onTestFinished(async () => void (await daemon.end('SIGKILL')))
    const client = await connectRaw(daemon.sockets.agent)
    onTestFinished(() => client.close())
    const secret = privateNumbers(key)[part]!
    const forms = name === 'Ed25519' ? [secret] : [secret, inWords(secret)]
    const found = () => forms.reduce((sum, form) => sum + occurrences(daemon.pid, form), 0)

    expect((await client.ask(addKey(key, 'jo')))![0]).toBe(reply.success)
    // Node 24 frees the buffer that it has read into as it is, and reads the next message into the same place.
    await client.ask(extension('unknown@latchkey', Buffer.alloc(16 * 1024)))
    await vi.waitFor(() => expect(found()).toBe(1), 20_000)
    expect((await client.ask(empty(number.removeAll)))![0]).toBe(reply.success)
    await vi.waitFor(() => expect(found()).toBe(0), 20_000)
  })
})
