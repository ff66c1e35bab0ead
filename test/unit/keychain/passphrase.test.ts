import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPassphrase } from '../../../src/keychain/passphrase.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const read = async (keychainFile: string, credentialsFolder?: string) =>
  (await readPassphrase({ keychainFile, credentialsFolder })).expose()

it('makes a random key file for its owner alone on first use, and reads it ever after', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'state', 'keychain')
  const passphrase = await read(file)
  expect(passphrase).toMatch(/^[\w-]{43}$/)
  expect(await read(file)).toBe(passphrase)
  expect(statSync(`${file}.key`).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(folder, 'state'))).toEqual(['keychain.key'])
  expect(await read(join(folder, 'other'))).not.toBe(passphrase)
})

it('gives the same key to all who first ask at the same time', async () => {
  const file = join(temporaryFolder(), 'keychain')
  const passphrases = await Promise.all(Array.from({ length: 8 }, () => read(file)))
  expect(new Set(passphrases).size).toBe(1)
  expect(passphrases[0]).toBe(readFileSync(`${file}.key`, 'utf8').trim())
})

it('prefers the systemd credential, without its last newline', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'keychain')
  writeFileSync(join(folder, 'keychain-passphrase'), ' with blanks \n')
  expect(await read(file, folder)).toBe(' with blanks ')
  expect(readdirSync(folder)).toEqual(['keychain-passphrase'])
})

it('uses the key file of a service that has other credentials only', async () => {
  const folder = temporaryFolder()
  expect(await read(join(folder, 'keychain'), folder)).toMatch(/^[\w-]{43}$/)
})

it('fails when the credential cannot be read', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'keychain-passphrase'))
  await expect(read(join(folder, 'keychain'), folder)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
})

it('says what mends a credential that others could have changed', async () => {
  const folder = temporaryFolder()
  const credential = join(folder, 'keychain-passphrase')
  writeFileSync(credential, 'secret')
  chmodSync(credential, 0o646)
  await expect(read(join(folder, 'keychain'), folder)).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message: `${credential} can be changed by other users (mode 646)`,
    hint: `chmod o-w ${credential}`,
  })
})

it('makes no new key for a keychain whose key is lost', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'keychain')
  writeFileSync(file, 'sealed')
  await expect(read(file)).rejects.toMatchObject({
    code: 'KEYCHAIN_LOCKED',
    message: `the key of the keychain is gone: there is no ${file}.key`,
    hint: expect.stringContaining('backup'),
  })
  expect(readdirSync(folder)).toEqual(['keychain'])
})

it('does not treat an empty key file as a key', async () => {
  const file = join(temporaryFolder(), 'keychain')
  writeFileSync(`${file}.key`, '\n', { mode: 0o600 })
  await expect(read(file)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
})

it('refuses a key file that others can read, and says how to mend it', async () => {
  const file = join(temporaryFolder(), 'keychain')
  await read(file)
  chmodSync(`${file}.key`, 0o640)
  await expect(read(file)).rejects.toMatchObject({
    code: 'KEYCHAIN_UNAVAILABLE',
    message: `${file}.key can be read by others (mode 640)`,
    hint: `chmod 600 ${file}.key`,
  })
})

it('says so where it cannot write', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'taken'), '')
  await expect(read(join(folder, 'taken', 'keychain'))).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
})
