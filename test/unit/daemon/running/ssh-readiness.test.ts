import { describe, expect, it } from 'vitest'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import { createSshReadiness } from '../../../../src/daemon/running/ssh-readiness.ts'
import type { PromptCaller } from '../../../../src/prompts/prompt.ts'
import type { SshCertificate } from '../../../../src/ssh/certificate.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'

const needed = new VaultError('VAULT_LOGIN_NEEDED', 'not logged in')
const sealed = new VaultError('VAULT_SEALED', 'sealed')
const never: PromptCaller = { mayPrompt: false }
const program: PromptCaller = { mayPrompt: true }
const terminal: PromptCaller = { mayPrompt: true, offer: () => {} }
const target = { user: 'jo', host: 'DB.example', port: 22 }

interface Settings {
  hosts?: readonly string[]
  upstream_key?: string
  /** What a list fails with; absent: it has a certificate then. */
  error?: Error
  held?: 'fresh' | 'mandatory'
  principals?: readonly string[]
}

/** A vault whose identities are as they are told; a login cures those that need one. */
function vaultOf(
  name: string,
  identities: Record<string, Settings>,
  trace: string[],
  { login, isUnattended = false }: { login?: Error | undefined; isUnattended?: boolean },
) {
  const states = new Map(Object.entries(identities).map(([key, { held }]) => [key, held ?? 'none']))
  let isLoggedIn = false
  return {
    config: { name },
    tokens: {
      tellNeed(error: unknown) {
        if (isUnattended) return false
        trace.push(error === needed ? `tell ${name}` : 'tell another')
        return true
      },
    },
    async logIn() {
      trace.push(`login ${name}`)
      if (login !== undefined) throw login
      isLoggedIn = true
    },
    identities: Object.entries(identities).map(([key, { error, principals = ['jo'], ...config }]) => ({
      config: { name: key, ...config },
      key: {
        async identities() {
          trace.push(`list ${key}`)
          if (error !== undefined && !(error === needed && isLoggedIn)) throw error
          states.set(key, 'fresh')
          return []
        },
        status: () => ({
          state: states.get(key),
          ...(states.get(key) === 'none' ? {} : { certificate: { principals } }),
        }),
      },
    })),
  } as unknown as RunningVault
}

function world(
  identities: Record<string, Settings>,
  {
    hasProgram = false,
    isLocked = false,
    ...vaultSettings
  }: { hasProgram?: boolean; isLocked?: boolean; login?: Error; isUnattended?: boolean } = {},
) {
  const trace: string[] = []
  const readiness = createSshReadiness({
    vaults: () => [vault],
    lock: { isLocked: () => isLocked },
    hasPromptProgram: () => hasProgram,
  })
  const vault = vaultOf('corp', identities, trace, vaultSettings)
  return { readiness, trace }
}

describe('a certificate for a host', () => {
  it.each<[string, Record<string, Settings>, readonly string[]]>([
    ['is there: nothing is done', { ops: { held: 'fresh' }, db: {} }, []],
    ['is about to end: it is waited for', { ops: { held: 'mandatory' } }, ['list ops']],
    ['is for any host', { ops: {}, db: {} }, ['list ops', 'list db']],
    ['is that of the identity that names it', { ops: { held: 'fresh' }, db: { hosts: ['db.example'] } }, ['list db']],
    ['is not that of another host', { web: { hosts: ['web.example'] } }, []],
    [
      'fits a name better than a pattern',
      { all: { hosts: ['*.example'] }, db: { hosts: ['db.example'] } },
      ['list db'],
    ],
    ['depends on the port', { other: { hosts: ['[db.example]:2222'] } }, []],
    ['of a key of another agent comes with that', { token: { upstream_key: 'SHA256:x' } }, []],
    ['of a key of another agent is there', { token: { upstream_key: 'SHA256:x', held: 'fresh' } }, []],
  ])('%s', async (_, identities, trace) => {
    const { readiness, ...seen } = world(identities)
    expect(await readiness.ensure(target, never)).toBeUndefined()
    expect(seen.trace).toEqual(trace)
  })

  it('is for the port in an alias', async () => {
    const { readiness, trace } = world({ db: { hosts: ['[db.example]:2222'] }, other: { hosts: ['[db.example]:22'] } })
    expect(await readiness.ensure({ ...target, host: '[DB.example]:2222' }, never)).toBeUndefined()
    expect(trace).toEqual(['list db'])
  })

  it('is not fetched while the agent is locked', async () => {
    const { readiness, trace } = world({ ops: {} }, { isLocked: true })
    expect(await readiness.ensure(target, terminal)).toBeUndefined()
    expect(trace).toEqual([])
  })

  it('is enough where others cannot be had', async () => {
    expect(await world({ ops: { error: needed }, db: {} }).readiness.ensure(target, terminal)).toBeUndefined()
  })

  it('that cannot be had for another reason than a login is a problem, which nobody is asked about', async () => {
    const { readiness, trace } = world({ ops: { error: sealed } })
    expect(await readiness.ensure(target, terminal)).toBe(sealed)
    expect(trace).toEqual(['list ops'])
  })
})

describe('a login that a certificate needs', () => {
  const identities = { other: { error: sealed }, ops: { error: needed } }

  it('is an error where nobody may be asked', async () => {
    const { readiness, trace } = world(identities)
    await expect(readiness.ensure(target, never)).rejects.toBe(needed)
    expect(trace).toEqual(['list other', 'list ops'])
  })

  it.each([
    ['the terminal', terminal, false],
    ['the program', program, true],
  ])('is made by %s', async (_, caller, hasProgram) => {
    const { readiness, trace } = world(identities, { hasProgram })
    expect(await readiness.ensure(target, caller)).toBeUndefined()
    expect(trace).toEqual(['list other', 'list ops', 'login corp', 'list other', 'list ops'])
  })

  it('is told of where nobody can be asked, and nothing is waited for', async () => {
    const { readiness, trace } = world(identities)
    expect(await readiness.ensure(target, program)).toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      hint: 'latchkey login corp',
    })
    expect(trace).toEqual(['list other', 'list ops', 'tell corp'])
  })

  it('that no person could make is made without one', async () => {
    const { readiness, trace } = world(identities, { isUnattended: true })
    expect(await readiness.ensure(target, program)).toBeUndefined()
    expect(trace).toEqual(['list other', 'list ops', 'login corp', 'list other', 'list ops'])
  })

  it('that fails is the problem', async () => {
    const { readiness } = world(identities, { login: sealed })
    expect(await readiness.ensure(target, terminal)).toBe(sealed)
  })
})

describe('a user whom no certificate for the host names', () => {
  const certificate = (...principals: string[]) => ({ principals }) as unknown as SshCertificate

  it('is warned of, as long as the certificate does not', async () => {
    const { readiness } = world({ ops: { held: 'fresh', principals: ['deploy'] } })
    expect(readiness.warningsOf('ops', certificate('deploy'))).toEqual([])
    await readiness.ensure(target, never)
    expect(readiness.warningsOf('ops', certificate('deploy'))).toEqual([
      expect.stringContaining('ssh has logged in as jo@DB.example, whom it does not name'),
    ])
    expect(readiness.warningsOf('ops', certificate('deploy', 'jo'))).toEqual([])
    expect(readiness.warningsOf('db', certificate('deploy'))).toEqual([])
    await readiness.ensure({ ...target, user: 'deploy' }, never)
    expect(readiness.warningsOf('ops', certificate('deploy'))).toEqual([])
  })

  it('is nothing where one of several names him', async () => {
    const { readiness } = world({ ops: { held: 'fresh', principals: ['deploy'] }, own: { held: 'fresh' } })
    await readiness.ensure(target, never)
    expect(readiness.warningsOf('ops', certificate('deploy'))).toEqual([])
  })
})
