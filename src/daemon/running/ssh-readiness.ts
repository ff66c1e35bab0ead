import { hostPatterns } from '../../agent/destination/host-patterns.ts'
import { unbound } from '../../agent/keys/key-store.ts'
import type { Lock } from '../../agent/lock/lock.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SshTargetHost } from '../../ipc/client/ssh-ready-call.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import { parseHostName } from '../../ssh/known-hosts/host-name.ts'
import { isLoginNeeded, VaultError } from '../../vault/vault-error.ts'
import type { RunningIdentity } from './running-identity.ts'
import type { RunningVault } from './running-vault.ts'

/** Certificates that are there before ssh asks for them, which may take a person. */
export interface SshReadiness {
  /**
   * Ensures that one of the identities for a host has a certificate; logs in on the way, where that may ask.
   * @returns why there is none; undefined where there is one, or none is wanted
   * @throws {VaultError} VAULT_LOGIN_NEEDED where the caller does not let a person be asked
   */
  ensure(target: SshTargetHost, caller: PromptCaller): Promise<unknown>
  /** What its present certificate is not good for, though somebody wants to log in by it. */
  warningsOf(identity: string, certificate: SshCertificate): readonly string[]
}

/** What it works with. */
export interface SshReadinessDeps {
  vaults: () => readonly RunningVault[]
  lock: Pick<Lock, 'isLocked'>
  /** Whether there is a program by which a person can be asked. */
  hasPromptProgram: () => boolean
}

type Missing = { error: unknown; vault: RunningVault }
type Wanted = { vault: RunningVault; identity: RunningIdentity }

/** Knows of no login yet. */
export function createSshReadiness({ vaults, lock, hasPromptProgram }: SshReadinessDeps): SshReadiness {
  /** Who wanted to log in last by an identity that is not for them, by its name. */
  const misfits = new Map<string, SshTargetHost>()

  /** The identities whose `hosts` fit best; where none do, those for every host. */
  const wantedFor = ({ host, port = 22 }: SshTargetHost): readonly Wanted[] => {
    // HostKeyAlias may have a port in it.
    const name = { host: host.toLowerCase(), port, ...parseHostName(host) }
    const destination = { fingerprint: '', names: [name] }
    const fitOf = ({ config }: RunningIdentity) => {
      const fit = hostsOf(config)?.fit(destination) ?? 0
      return typeof fit === 'number' ? fit : -1
    }
    const all = vaults()
      .flatMap((vault) => vault.identities.map((identity) => ({ vault, identity, fit: fitOf(identity) })))
      .filter(({ fit, identity }) => fit >= 0 && isObtainable(identity))
    const best = Math.max(...all.map(({ fit }) => fit))
    return all.filter(({ fit }) => fit === best)
  }

  const note = (wanted: readonly Wanted[], target: SshTargetHost): void => {
    const certified = wanted.flatMap(({ identity: { config, key } }) => {
      const { certificate } = key.status()
      return certificate === undefined ? [] : [{ name: config.name, certificate }]
    })
    const isFor = certified.some(({ certificate }) => certificate.principals.includes(target.user))
    for (const { name } of certified) {
      if (isFor) misfits.delete(name)
      else misfits.set(name, target)
    }
  }

  /** @returns why there is no certificate, the first that a login would help, if there is one */
  const certify = async (wanted: readonly Wanted[]): Promise<Missing | undefined> => {
    const outcomes = await Promise.all(
      wanted.map(async ({ vault, identity: { key } }) => {
        try {
          await key.identities(unbound)
          return undefined
        } catch (error) {
          return { error, vault }
        }
      }),
    )
    if (outcomes.includes(undefined)) return undefined
    return outcomes.find((outcome) => isLoginNeeded(outcome?.error)) ?? outcomes[0]
  }

  const logIn = async ({ vault, error }: Missing, caller: PromptCaller): Promise<void> => {
    const { name } = vault.config
    if (caller.offer === undefined && !hasPromptProgram() && vault.tokens.tellNeed(error)) {
      const hint = `latchkey login ${shellWord(name)}`
      throw new VaultError('VAULT_LOGIN_NEEDED', `vault ${name} needs a login, and nobody can be asked here`, { hint })
    }
    await vault.logIn(caller)
  }

  return {
    async ensure(target, caller) {
      const wanted = wantedFor(target)
      // Nothing is listed while it is locked.
      if (wanted.length === 0 || lock.isLocked()) return undefined
      const isHeld = wanted.some(({ identity: { key } }) => /^(fresh|advisory)$/.test(key.status().state))
      let missing = isHeld ? undefined : await certify(wanted)
      if (missing !== undefined && isLoginNeeded(missing.error)) {
        if (!caller.mayPrompt) throw missing.error
        try {
          await logIn(missing, caller)
        } catch (error) {
          return error
        }
        missing = await certify(wanted)
      }
      note(wanted, target)
      return missing?.error
    },
    warningsOf(identity, { principals }) {
      const target = misfits.get(identity)
      if (target === undefined || principals.includes(target.user)) return []
      const there = displayLine(`${target.user}@${target.host}`)
      return [
        `ssh has logged in as ${there}, whom it does not name: only a server lets it in that has such a name in a list of its own; or set principals in config.toml`,
      ]
    },
  }
}

const hostsOf = ({ hosts }: RunningIdentity['config']) => (hosts === undefined ? undefined : hostPatterns(hosts))

/** The key of another agent is there when that agent is, which only a list on a connection shows. */
const isObtainable = ({ config, key }: RunningIdentity) =>
  config.upstream_key === undefined || key.status().state !== 'none'
