import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LockRecord } from '../../../../src/agent/lock/lock.ts'
import { createLogger } from '../../../../src/core/log.ts'
import { createLockFile } from '../../../../src/daemon/running/lock-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const byPassphrase: LockRecord = { type: 'passphrase', salt: Buffer.alloc(16, 1), hash: Buffer.alloc(32, 2) }

function fileIn(folder = temporaryFolder()) {
  const path = join(folder, 'state', 'ssh-lock.json')
  const lines: string[] = []
  const log = createLogger({ write: (line) => void lines.push(line), level: 'info' })
  return { path, lines, open: () => createLockFile(path, log) }
}

describe('the file of the lock', () => {
  it.each<LockRecord>([byPassphrase, { type: 'person' }])('keeps how the agent is locked: $type', async (record) => {
    const { path, open } = fileIn()
    expect(await open().read()).toBeUndefined()
    await open().keep(record)
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700])
    const next = open()
    expect(await next.read()).toEqual(record)
    expect(next.error()).toBeUndefined()
    await next.keep(undefined)
    expect(readdirSync(dirname(path))).toEqual([])
    expect(await open().read()).toBeUndefined()
    await open().keep(undefined)
  })

  it('has what was told last', async () => {
    const { open } = fileIn()
    const file = open()
    await Promise.all([file.keep(byPassphrase), file.keep(undefined), file.keep({ type: 'person' })])
    expect(await file.read()).toEqual({ type: 'person' })
  })

  const passphrase = { type: 'passphrase', salt: Buffer.alloc(16).toString('base64') }
  it.each([
    ['no JSON', '{'],
    ['empty', ''],
    ['of a newer version', JSON.stringify({ version: 2, lock: { type: 'person' } })],
    ['of an unknown type', JSON.stringify({ version: 1, lock: { type: 'none' } })],
    ['with more in it', JSON.stringify({ version: 1, lock: { type: 'person', salt: '' } })],
    ['without its hash', JSON.stringify({ version: 1, lock: passphrase })],
    ['with a short hash', JSON.stringify({ version: 1, lock: { ...passphrase, hash: 'AAAA' } })],
    ['larger than it can be', ' '.repeat(5000)],
  ])('that is %s is a lock that a person opens', async (_, text) => {
    const { path, lines, open } = fileIn()
    mkdirSync(dirname(path))
    writeFileSync(path, text, { mode: 0o600 })
    const file = open()
    expect(await file.read()).toEqual({ type: 'person' })
    expect(file.error()).toMatchObject({
      code: 'LOCK_FILE',
      message: expect.stringMatching(/^the SSH agent is locked, for it cannot be told whether it was: /),
      hint: 'in a terminal: latchkey unlock',
    })
    expect(lines.join()).toContain('does not outlive the daemon')
    await file.keep(undefined)
    expect([file.error(), existsSync(path)]).toEqual([undefined, false])
  })

  it('that others could have put there is one, too', async () => {
    const { path, open } = fileIn()
    await open().keep(byPassphrase)
    chmodSync(dirname(path), 0o777)
    expect(await open().read()).toEqual({ type: 'person' })
    await open().keep({ type: 'person' })
    expect(readFileSync(path, 'utf8')).toContain('passphrase')
  })

  it('that cannot be written or removed says what a restart would do, until it can', async () => {
    const folder = temporaryFolder()
    const { path, open } = fileIn(folder)
    const file = open()
    writeFileSync(dirname(path), 'in the way')
    expect(await file.read()).toBeUndefined()
    await file.keep(byPassphrase)
    expect(file.error()).toMatchObject({
      message: expect.stringMatching(/^a restart of the daemon unlocks the SSH agent: /),
      hint: `ls -ld ${dirname(path)} ${path}`,
    })
    const other = fileIn()
    mkdirSync(join(other.path, 'in the way'), { recursive: true })
    const removing = other.open()
    await removing.keep(undefined)
    expect(removing.error()).toMatchObject({
      message: expect.stringMatching(/^a restart of the daemon locks the SSH agent: /),
    })
  })
})
