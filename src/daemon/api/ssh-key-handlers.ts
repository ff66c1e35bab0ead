import * as v from 'valibot'
import { hostPatternMistake, onlyExcludes } from '../../agent/destination/host-patterns.ts'
import type { Lock } from '../../agent/lock/lock.ts'
import type { StaticKeyStatus } from '../../ipc/endpoints/fields.ts'
import type * as sshKeyEndpoints from '../../ipc/endpoints/ssh-keys.ts'
import type { StaticKeyList } from '../../ipc/endpoints/ssh-keys.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { isExclusion } from '../../ssh/known-hosts/pattern-list.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import { keyRecord } from '../static-keys/key-record.ts'
import type { RunningStaticKeys } from '../static-keys/running-static-keys.ts'
import type { StoredKey } from '../static-keys/stored-keys.ts'
import { ApiError, reportedError } from './api-errors.ts'

/** The static keys, for the status. It opens no keychain. */
export function describeStaticKeys(keys: RunningStaticKeys): Pick<StaticKeyList, 'keys' | 'error'> {
  const error = keys.stored.error()
  return {
    keys: keys.stored.list().map((stored) => describe(stored, keys)),
    ...(error === undefined ? {} : { error: reportedError(error) }),
  }
}

/** The handlers of the endpoints of static keys. */
export function sshKeyHandlers(
  keys: RunningStaticKeys,
  lock: Pick<Lock, 'isLocked'>,
): EndpointHandlers<typeof sshKeyEndpoints, PromptCaller> {
  const { stored } = keys
  /** As ssh-agent, which neither adds nor removes nor lists anything then. */
  const refuseLocked = (): void => {
    if (lock.isLocked())
      throw new ApiError('LOCK_STATE', 'the SSH agent is locked, and its static keys are out of reach', {
        hint: 'latchkey unlock',
      })
  }
  return {
    async listSshKeys() {
      refuseLocked()
      const strays = await stored.strays().catch(() => [])
      return { ...describeStaticKeys(keys), ...(strays.length === 0 ? {} : { strays }) }
    },
    async checkSshKey({ params: { name }, body: { hosts, key } }) {
      refuseLocked()
      refuseBadForm(name, hosts)
      await stored.check(name, key === undefined ? undefined : Buffer.from(key, 'base64'))
      return keys.keychain()
    },
    async putSshKey({ params: { name }, body: { pkcs8, comment, mustConfirm, ...given } }) {
      refuseLocked()
      refuseBadForm(name, given.hosts)
      const confirm = mustConfirm === undefined ? {} : { confirm: mustConfirm ? ('always' as const) : null }
      const added = await stored.put(name, { ...given, ...confirm }, Buffer.from(pkcs8, 'base64'), comment)
      return { ...describe(added, keys), ...keys.keychain() }
    },
    async proveSshKey({ params }) {
      refuseLocked()
      return describe(await stored.prove(params.name), keys)
    },
    async restoreSshKeys() {
      refuseLocked()
      const { formerIndex, ...done } = await stored.restore()
      const { keychain } = keys.keychain()
      return { ...done, keychain, ...(formerIndex === undefined ? {} : { formerList: formerIndex }) }
    },
    async removeSshKey({ params }) {
      refuseLocked()
      await stored.remove(params.name)
    },
  }
}

function refuseBadForm(name: string, hosts: readonly string[] | null | undefined): void {
  if (!v.is(keyRecord.entries.name, name))
    throw new ApiError('REQUEST_INVALID', 'the name of a key has up to 64 letters, digits, and . _ @ + -', {
      hint: 'latchkey ssh keys add --name NAME FILE',
    })
  if (hosts === null || hosts === undefined) return
  const mistake =
    hosts.map(hostPatternMistake).find((each) => each !== undefined) ??
    (hosts.every(isExclusion) ? onlyExcludes : undefined)
  if (mistake !== undefined)
    throw new ApiError('REQUEST_INVALID', `hosts: ${mistake}`, { hint: 'latchkey help ssh keys add' })
}

function describe({ record, key }: StoredKey, { agentKeys }: RunningStaticKeys): StaticKeyStatus {
  const { isLoaded, lastError } = agentKeys.state(record.name)
  return {
    name: record.name,
    key: record.key,
    fingerprint: fingerprint(key.keyBlob),
    ...(record.hosts === undefined ? {} : { hosts: record.hosts }),
    ...(record.confirm === undefined ? {} : { mustConfirm: true }),
    ...(record.lifetimeSeconds === undefined ? {} : { lifetimeSeconds: record.lifetimeSeconds }),
    isLoaded,
    ...(lastError === undefined ? {} : { error: reportedError(lastError) }),
  }
}
