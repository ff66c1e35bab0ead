import { AwsError } from '../../src/aws/aws-error.ts'
import type { AccessKeyCalls, LastUse, ListedKey } from '../../src/aws/iam/access-key-calls.ts'
import type { IamClient } from '../../src/aws/iam/iam-client.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import type { StubSts } from './aws-stub-sts.ts'

export interface StubKeys extends AccessKeyCalls, Pick<IamClient, 'clockSkewMs'> {
  /** What there is, the oldest first. */
  readonly keys: (ListedKey & { use?: LastUse })[]
  /** The calls that changed something, or tried to. */
  readonly changes: string[]
  /** Adds a key, as somebody else might. @returns its id */
  add(key?: Partial<ListedKey & { use: LastUse }>): string
  /** The next CreateAccessKey takes effect, and its answer is lost. */
  loseAnswer(): void
  /** A new key is unknown to STS for so long, in ms. */
  unknownForMs: number
  /** How far the clock of AWS is ahead of ours, in ms. */
  aheadMs: number
  /** The user may not ask when keys were last used. */
  hidesUse: boolean
}

const arn = 'arn:aws:iam::111122223333:user/team/jo'

/** The access keys of one user, whose STS they sign for, as IAM keeps them: two at most, for whoever has given a code. */
export function stubKeys(clock: Clock, sts: StubSts, first: string, wantsCode = true): StubKeys {
  const keys: StubKeys['keys'] = [{ accessKeyId: first, isActive: true, createdAtMs: clock.now() - 100 * 86_400_000 }]
  const changes: string[] = []
  let isAnswerLost = false

  const authenticate: <T>(signer: Parameters<AccessKeyCalls['listAccessKeys']>[0], work: () => T) => Promise<T> =
    async ({ credentials, region }, work) => {
      await sts.getCallerIdentity({ credentials, region })
      if (wantsCode && !('sessionToken' in credentials)) throw new AwsError('AWS_DENIED', 'AWS refused it')
      return work()
    }
  const existing = (id: string) => {
    const key = keys.find(({ accessKeyId }) => accessKeyId === id)
    if (key === undefined) throw new AwsError('AWS_ENTITY_MISSING', `The Access Key with id ${id} cannot be found.`)
    return key
  }
  const check = (userName: string) => {
    if (userName !== 'jo') throw new AwsError('AWS_ENTITY_MISSING', `The user with name ${userName} cannot be found.`)
  }

  const stub: StubKeys = {
    keys,
    changes,
    unknownForMs: 0,
    aheadMs: 0,
    hidesUse: false,
    clockSkewMs: () => stub.aheadMs,
    add(key = {}) {
      const { accessKeyId } = sts.addUser(arn)
      keys.push({ accessKeyId, isActive: true, createdAtMs: clock.now(), ...key })
      return accessKeyId
    },
    loseAnswer() {
      isAnswerLost = true
    },
    listAccessKeys: (signer, userName) =>
      authenticate(signer, () => {
        check(userName)
        return keys.map(({ accessKeyId, isActive, createdAtMs }) => ({ accessKeyId, isActive, createdAtMs }))
      }),
    createAccessKey: (signer, userName) =>
      authenticate(signer, () => {
        check(userName)
        changes.push('create')
        if (keys.length >= 2) throw new AwsError('AWS_QUOTA_REACHED', 'Cannot exceed quota for AccessKeysPerUser: 2')
        const made = sts.addUser(arn)
        const { accessKeyId } = made
        keys.push({ accessKeyId, isActive: true, createdAtMs: clock.now() + stub.aheadMs })
        if (stub.unknownForMs > 0) {
          sts.deactivate(accessKeyId)
          clock.after(stub.unknownForMs, () => sts.activate(accessKeyId))
        }
        if (isAnswerLost) {
          isAnswerLost = false
          throw new AwsError('AWS_UNREACHABLE', 'IAM does not answer')
        }
        return { ...made, createdAtMs: clock.now() + stub.aheadMs }
      }),
    deactivateAccessKey: (signer, userName, accessKeyId) =>
      authenticate(signer, () => {
        check(userName)
        changes.push(`deactivate ${accessKeyId}`)
        existing(accessKeyId).isActive = false
        sts.deactivate(accessKeyId)
      }),
    deleteAccessKey: (signer, userName, accessKeyId) =>
      authenticate(signer, () => {
        check(userName)
        changes.push(`delete ${accessKeyId}`)
        keys.splice(keys.indexOf(existing(accessKeyId)), 1)
        sts.deactivate(accessKeyId)
      }),
    accessKeyLastUse: (signer, accessKeyId) =>
      authenticate(signer, () => {
        if (stub.hidesUse) throw new AwsError('AWS_DENIED', 'AWS refused GetAccessKeyLastUsed')
        return existing(accessKeyId).use
      }),
  }
  return stub
}
