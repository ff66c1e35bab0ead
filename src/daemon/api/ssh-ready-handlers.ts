import { nearestNames } from '../../core/text/near-names.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type * as readyEndpoints from '../../ipc/endpoints/ssh-ready.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { isLoginNeeded } from '../../vault/vault-error.ts'
import type { RunningIdentity } from '../running/running-identity.ts'
import type { RunningVault } from '../running/running-vault.ts'
import type { SshReadiness } from '../running/ssh-readiness.ts'
import { ApiError, reportedError } from './api-errors.ts'
import { validBeforeOf } from './status.ts'

/** The handlers of `latchkey ssh ready` and `latchkey ssh renew`. */
export function sshReadyHandlers(
  vaults: () => readonly RunningVault[],
  readiness: SshReadiness,
): EndpointHandlers<typeof readyEndpoints, PromptCaller> {
  const renewAll = async (vault: RunningVault, identities: readonly RunningIdentity[], caller: PromptCaller) => {
    const first = await Promise.all(identities.map(renew))
    if (!caller.mayPrompt || !first.some((error) => isLoginNeeded(error))) return first
    await vault.logIn(caller)
    return await Promise.all(
      identities.map((identity, index) => (isLoginNeeded(first[index]) ? renew(identity) : first[index])),
    )
  }

  return {
    async sshReady({ body, caller }) {
      const problem = await readiness.ensure(body, caller)
      return problem === undefined ? {} : { problem: reportedError(problem) }
    },
    async renewSsh({ body: { identity: name }, caller }) {
      const all = vaults().flatMap((vault) => vault.identities)
      if (name !== undefined && !all.some(({ config }) => config.name === name)) throw unknown(name, all)
      const outcomes = []
      for (const vault of vaults()) {
        const wanted = vault.identities.filter(({ config }) => name === undefined || config.name === name)
        if (wanted.length === 0) continue
        const errors = await renewAll(vault, wanted, caller)
        outcomes.push(...wanted.map((identity, index) => describe(identity, errors[index])))
      }
      return { identities: outcomes }
    },
  }
}

/** @returns what it failed with; undefined after a success */
async function renew({ key }: RunningIdentity): Promise<unknown> {
  try {
    await key.renew()
    return undefined
  } catch (error) {
    return error
  }
}

function describe({ config, key }: RunningIdentity, error: unknown) {
  const { certificate } = key.status()
  return {
    name: config.name,
    principals: certificate?.principals ?? [],
    ...(certificate === undefined ? {} : validBeforeOf(certificate.validBefore)),
    ...(error === undefined ? {} : { error: reportedError(error) }),
  }
}

function unknown(name: string, all: readonly RunningIdentity[]): ApiError {
  const names = all.map(({ config }) => config.name)
  const [near = names[0]] = nearestNames(name, names)
  return new ApiError('IDENTITY_UNKNOWN', `there is no ssh identity ${name}`, {
    hint:
      near === undefined ? 'add an [ssh.identity.…] section to config.toml' : `latchkey ssh renew ${shellWord(near)}`,
  })
}
