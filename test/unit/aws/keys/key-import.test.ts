import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AccessKey } from '../../../../src/aws/credentials.ts'
import { moveKeyOutOfFile } from '../../../../src/aws/keys/key-import.ts'
import { rejection } from '../../../support/aws-world.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const before = '# mine\n[base]\naws_access_key_id = AKIABASE00000000\naws_secret_access_key = base-secret\nregion = x\n'
const after = '# mine\n[base]\nregion = x\n'

function fileWith(text: string | Uint8Array, mode = 0o600) {
  const folder = temporaryFolder()
  const file = join(folder, 'credentials')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return { folder, file }
}

/** Keeps keys, as the keychain does. */
function keeper() {
  const kept: AccessKey[] = []
  return { kept, keep: async (key: AccessKey) => void kept.push(key) }
}

describe('moving a key out of a file', () => {
  it('hands the key over, then takes it out of the file and nothing else', async () => {
    const { file, folder } = fileWith(before)
    const seen: string[] = []
    await moveKeyOutOfFile({ file, profile: 'base' }, async (key) => {
      seen.push(key.accessKeyId, key.secretAccessKey.expose(), readFileSync(file, 'utf8'))
    })
    expect(seen).toEqual(['AKIABASE00000000', 'base-secret', before])
    expect(readFileSync(file, 'utf8')).toBe(after)
    expect(readdirSync(folder)).toEqual(['credentials'])
  })

  it.each([0o600, 0o640, 0o644])('keeps the mode %o', async (mode) => {
    const { file } = fileWith(before, mode)
    await moveKeyOutOfFile({ file, profile: 'base' }, keeper().keep)
    expect(statSync(file).mode & 0o777).toBe(mode)
  })

  it('follows a link and leaves it a link', async () => {
    const { file, folder } = fileWith(before)
    mkdirSync(join(folder, 'home'))
    const link = join(folder, 'home', 'credentials')
    symlinkSync('../credentials', link)
    await moveKeyOutOfFile({ file: link, profile: 'base' }, keeper().keep)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(after)
  })

  it('leaves the file as it was when the key could not be kept', async () => {
    const { file } = fileWith(before)
    const refusal = new Error('no')
    expect(await rejection(moveKeyOutOfFile({ file, profile: 'base' }, () => Promise.reject(refusal)))).toBe(refusal)
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('keeps what somebody writes meanwhile', async () => {
    const { file } = fileWith(before)
    await moveKeyOutOfFile({ file, profile: 'base' }, async () => writeFileSync(file, `${before}[new]\nregion = y\n`))
    expect(readFileSync(file, 'utf8')).toBe(`${after}[new]\nregion = y\n`)
  })

  it.each([
    ['key', before.replace('AKIABASE00000000', 'AKIAOTHER0000000')],
    ['secret', before.replace('base-secret', 'other-secret')],
  ])('leaves another %s that was put there meanwhile', async (_, changed) => {
    const { file } = fileWith(before)
    await moveKeyOutOfFile({ file, profile: 'base' }, async () => writeFileSync(file, changed))
    expect(readFileSync(file, 'utf8')).toBe(changed)
  })

  it.each([
    ['a missing profile', before, 'bsae', /no profile bsae: did you mean base\?/],
    ['a profile without a key', '[base]\nregion = x\n', 'base', /has no access key for base/],
    [
      'temporary credentials',
      '[base]\naws_access_key_id = ASIA\naws_secret_access_key = base-secret\naws_session_token = t\n',
      'base',
      /are temporary/,
    ],
    [
      'a key of another kind',
      '[base]\naws_access_key_id = ASIABASE00000000\naws_secret_access_key = base-secret\n',
      'base',
      /not a long-term one/,
    ],
  ])('names %s', async (_, text, profile, message) => {
    const { file } = fileWith(text)
    const { kept, keep } = keeper()
    const error = await rejection(moveKeyOutOfFile({ file, profile }, keep))
    expect(error).toMatchObject({ code: 'AWS_IMPORT_FAILED' })
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('base-secret')
    expect(kept).toEqual([])
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('names a missing file, and one that is not a file', async () => {
    const folder = temporaryFolder()
    const missing = await rejection(moveKeyOutOfFile({ file: join(folder, 'x'), profile: 'a' }, keeper().keep))
    expect(missing.message).toContain('there is no such file')
    const notFile = await rejection(moveKeyOutOfFile({ file: folder, profile: 'a' }, keeper().keep))
    expect(notFile.message).toContain('not a regular file')
  })

  it('does not wait for a pipe, nor read without an end', async () => {
    const pipe = join(temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const file of [pipe, '/dev/zero']) {
      const error = await rejection(moveKeyOutOfFile({ file, profile: 'a' }, keeper().keep))
      expect(error.message).toContain('not a regular file')
    }
    const { file } = fileWith(`${before}# ${'x'.repeat(1024 * 1024)}\n`)
    const error = await rejection(moveKeyOutOfFile({ file, profile: 'base' }, keeper().keep))
    expect(error.message).toContain('is too large')
  })

  it('says that the key is kept where the file cannot be changed any more', async () => {
    const { file } = fileWith(before)
    const error = await rejection(
      moveKeyOutOfFile({ file, profile: 'base' }, async () => {
        rmSync(file)
        mkdirSync(file)
      }),
    )
    expect(error).toMatchObject({ code: 'AWS_IMPORT_FAILED', hint: expect.stringContaining('run the command again') })
    expect(error.message).toMatch(/^the key is in the keychain, but the file still holds it: .*, not a regular file$/)
  })

  it('does not touch what it could not write back as it was', async () => {
    const { file } = fileWith(Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0x0a])]))
    const error = await rejection(moveKeyOutOfFile({ file, profile: 'base' }, keeper().keep))
    expect(error.message).toContain('not UTF-8')
  })
})
