import * as v from 'valibot'
import { hostPatternMistake } from '../../agent/destination/host-patterns.ts'
import type { StaticKeyStatus } from '../../ipc/endpoints/fields.ts'
import type * as sshKeyEndpoints from '../../ipc/endpoints/ssh-keys.ts'
import type { StaticKeyList } from '../../ipc/endpoints/ssh-keys.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
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
export function sshKeyHandlers(keys: RunningStaticKeys): EndpointHandlers<typeof sshKeyEndpoints, PromptCaller> {
  const { stored } = keys
  return {
    async listSshKeys() {
      const strays = await stored.strays().catch(() => [])
      return { ...describeStaticKeys(keys), ...(strays.length === 0 ? {} : { strays }) }
    },
    async putSshKey({ params: { name }, body: { pkcs8, comment, hosts, mustConfirm, lifetimeSeconds } }) {
      refuseBadForm(name, hosts)
      const settings = {
        name,
        ...(hosts === undefined ? {} : { hosts }),
        ...(mustConfirm === undefined ? {} : { confirm: 'always' as const }),
        ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
      }
      const added = await stored.put(settings, Buffer.from(pkcs8, 'base64'), comment)
      return { ...describe(added, keys), keychain: keys.keychain() }
    },
    proveSshKey: async ({ params }) => describe(await stored.prove(params.name), keys),
    async removeSshKey({ params }) {
      await stored.remove(params.name)
    },
  }
}

function refuseBadForm(name: string, hosts: readonly string[] = []): void {
  if (!v.is(keyRecord.entries.name, name))
    throw new ApiError('REQUEST_INVALID', 'the name of a key has up to 64 letters, digits, and . _ @ + -', {
      hint: 'latchkey ssh keys add --name NAME',
    })
  for (const host of hosts) {
    const mistake = hostPatternMistake(host)
    if (mistake !== undefined)
      throw new ApiError('REQUEST_INVALID', `hosts: ${mistake}`, { hint: 'latchkey help ssh keys add' })
  }
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
