import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/core/log.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type KeychainConfig, openKeychain } from '../../../src/keychain/choose.ts'
import type { KeyringModule } from '../../../src/keychain/keyring-module.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const noProvider = 'DBus error: The name org.freedesktop.secrets was not provided by any .service files'
const isLocked = 'zbus error: org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object'
const noKeyring = "Couldn't access platform storage: Secret Service: no result found"

/** One machine: its state folder and its OS keychain, which outlive a daemon. */
function machine() {
  const stateFolder = join(temporaryFolder(), 'state')
  const stored = new Map<string, string>()
  const fails: { list?: string | undefined; set?: string | undefined } = {}
  const lines: string[] = []
  const module: KeyringModule = {
    AsyncEntry: class {
      readonly #account: string
      constructor(_service: string, account: string) {
        this.#account = account
      }
      getPassword = async () => stored.get(this.#account) ?? null
      setPassword = async (password: string) => {
        if (fails.set !== undefined) throw new Error(fails.set)
        stored.set(this.#account, password)
      }
      deleteCredential = async () => stored.delete(this.#account)
    },
    async findCredentialsAsync() {
      if (fails.list !== undefined) throw new Error(fails.list)
      return [...stored].map(([account, password]) => ({ account, password }))
    },
  }
  let loads = 0
  const open = (config: KeychainConfig = { store: 'auto' }) =>
    openKeychain(config, {
      stateFolder,
      environment: {},
      clock: fakeClock(),
      log: createLogger({ write: (line) => lines.push(line), level: 'info' }),
      platform: 'linux',
      cost: { n: 16, r: 1, p: 1 },
      loadKeyring: async () => {
        loads += 1
        return module
      },
    })
  return { stateFolder, file: join(stateFolder, 'keychain'), stored, fails, lines, open, loads: () => loads }
}

describe('a store that is named', () => {
  it('is the memory', async () => {
    const { open, stateFolder } = machine()
    const keychain = await open({ store: 'memory' })
    await keychain.set('a', new Secret('1'))
    expect(keychain.description).toBe('memory')
    expect(existsSync(stateFolder)).toBe(false)
  })

  it('is the encrypted file in the state folder, or where the configuration says', async () => {
    const { open, file, stateFolder, loads } = machine()
    const keychain = await open({ store: 'file' })
    await keychain.set('a', new Secret('1'))
    expect(keychain.description).toBe(`file ${file}`)
    expect(readdirSync(stateFolder).sort()).toEqual(['keychain', 'keychain.key'])
    const elsewhere = await open({ store: 'file', file: join(stateFolder, 'other') })
    expect(await elsewhere.get('a')).toBeUndefined()
    expect(loads()).toBe(0)
  })

  it('is the OS keychain, which is not called before it is used', async () => {
    const { open, fails, file, loads } = machine()
    fails.list = noProvider
    fails.set = noProvider
    const keychain = await open({ store: 'os' })
    expect(loads()).toBe(0)
    expect(keychain.description).toBe('Secret Service')
    await expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(existsSync(file)).toBe(false)
  })
})

describe('auto', () => {
  it('is the OS keychain where one answers, and says so in the log', async () => {
    const { open, stored, lines, file } = machine()
    const keychain = await open()
    await keychain.set('a', new Secret('hunter2'))
    expect(keychain.description).toBe('Secret Service')
    expect(stored).toEqual(new Map([['a', 'hunter2']]))
    expect((await keychain.get('a'))?.expose()).toBe('hunter2')
    expect(await keychain.list()).toEqual(['a'])
    expect(await keychain.delete('a')).toBe(true)
    expect(existsSync(file)).toBe(false)
    expect(lines.join('')).toBe('info: keychain store=auto is="Secret Service"\n')
  })

  it('believes no choice that others could have written, and treats nothing as missing', async () => {
    const { open, stateFolder, stored, loads } = machine()
    mkdirSync(stateFolder)
    writeFileSync(join(stateFolder, 'keychain.store'), 'os\n')
    chmodSync(stateFolder, 0o757)
    const keychain = await open()
    const error = { code: 'KEYCHAIN_UNAVAILABLE', hint: `chmod o-w ${stateFolder}` }
    await expect(keychain.get('a')).rejects.toMatchObject(error)
    await expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject(error)
    expect([stored.size, loads(), readdirSync(stateFolder)]).toEqual([0, 0, ['keychain.store']])
  })

  it('is the encrypted file where no OS keychain answers, and says why', async () => {
    const { open, fails, file } = machine()
    fails.list = noProvider
    const keychain = await open()
    expect(keychain.description).toBe(`file ${file} (no program provides the Secret Service)`)
    await keychain.set('a', new Secret('1'))
    expect(existsSync(file)).toBe(true)
  })

  it('is the encrypted file where the OS keychain cannot store, and loses nothing on the way', async () => {
    const { open, fails, file } = machine()
    fails.set = noKeyring
    const keychain = await open()
    await Promise.all([keychain.set('a', new Secret('1')), keychain.set('b', new Secret('2'))])
    expect(keychain.description).toBe(`file ${file} (the Secret Service has no default keyring)`)
    expect(await keychain.list()).toEqual(['a', 'b'])
    expect((await keychain.get('a'))?.expose()).toBe('1')
    expect(await keychain.delete('b')).toBe(true)
  })

  it('never leads from a locked OS keychain to the file', async () => {
    const { open, fails, file } = machine()
    fails.set = "Couldn't access platform storage: Secret Service: unlock prompt was dismissed"
    const keychain = await open()
    await expect(keychain.set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    fails.list = isLocked
    const locked = await open()
    expect(locked.description).toBe('Secret Service')
    await expect(locked.set('a', new Secret('1'))).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    expect(existsSync(file)).toBe(false)
  })

  it('stays with the file that it has stored in, when an OS keychain answers later', async () => {
    const { open, fails, file } = machine()
    fails.list = noProvider
    await (await open()).set('a', new Secret('1'))
    fails.list = undefined
    const keychain = await open()
    expect(keychain.description).toBe(`file ${file} (it holds items)`)
    expect((await keychain.get('a'))?.expose()).toBe('1')
  })

  it('stays with the OS keychain that it has stored in, when that does not answer later', async () => {
    const { open, fails, file } = machine()
    await (await open()).set('a', new Secret('1'))
    fails.list = noProvider
    fails.set = noProvider
    const keychain = await open()
    expect(keychain.description).toBe('Secret Service')
    await expect(keychain.set('b', new Secret('2'))).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(existsSync(file)).toBe(false)
  })

  it('knows an OS keychain that holds items of an earlier configuration', async () => {
    const { open, stored, fails } = machine()
    stored.set('a', '1')
    await open()
    fails.list = noProvider
    expect((await open()).description).toBe('Secret Service')
  })

  it('goes on where the choice cannot be written down', async () => {
    const { open, stateFolder, lines } = machine()
    const keychain = await open()
    writeFileSync(stateFolder, 'in the way')
    await keychain.set('a', new Secret('1'))
    expect((await keychain.get('a'))?.expose()).toBe('1')
    expect(lines.join('')).toContain('warn: cannot record which keychain is used')
    expect(readFileSync(stateFolder, 'utf8')).toBe('in the way')
  })
})
