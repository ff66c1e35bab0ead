import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { type AccessKey, isSameKey } from '../credentials.ts'
import type { CreatedKey, ListedKey } from '../iam/access-key-calls.ts'
import { type ReportedKey, reportSighting } from '../keys/key-reports.ts'
import type { KeySightings } from '../keys/key-sightings.ts'
import type { OwnKeyCalls, OwnKeys, SessionNeeded } from '../keys/own-keys.ts'
import { rotateCommand, twoKeys } from './blocked-rotation.ts'
import type { Rotation, RotationJournal } from './rotation-journal.ts'

/** What came of asking AWS for a new key. */
export type NewKeyStep =
  | { type: 'made'; userName: string; accessKeyId: string; former: ReportedKey }
  /** It was made by a run that ended before it could store the secret, which nobody has. */
  | { type: 'orphan-deleted'; accessKeyId: string }

type Asked = Rotation & { type: 'asked' }

/** Makes the successor of a key. */
export interface NewKeys {
  /**
   * Has AWS make a key, once, and stores it in the journal. What an earlier try has left is deleted first, as a step of its
   * own.
   * @param asked an earlier try whose answer nobody has
   * @throws {AwsError} AWS_ROTATION_BLOCKED: the user has two keys; {KeychainError} the new key is deleted again
   */
  make(source: string, key: AccessKey, asked: Asked | undefined): Promise<NewKeyStep | SessionNeeded>
}

/** Who asks, and where the key goes. */
export interface NewKeysDeps {
  ownKeys: OwnKeys
  journal: RotationJournal
  sightings: KeySightings
  clock: Clock
  log: Logger
}

/** AWS makes a key within seconds of being asked; what is known of its clock may be off by a little, in ms. */
const askedWithinMs = 5 * 60_000

/** Keeps nothing itself. */
export function createNewKeys({ ownKeys, journal, sightings, clock, log }: NewKeysDeps): NewKeys {
  /** A key that is in no list from before the call, made at that time, and never used: nobody has its secret. */
  const findOrphan = async ({ useOf }: OwnKeyCalls, listed: readonly ListedKey[], asked: Asked) => {
    const made = listed.find(
      ({ accessKeyId, createdAtMs }) =>
        accessKeyId !== asked.formerKeyId && Math.abs(createdAtMs - asked.askedAtMs) < askedWithinMs,
    )
    return made !== undefined && (await useOf(made.accessKeyId)).type === 'never' ? made : undefined
  }

  const refuseTwo = async (source: string, calls: OwnKeyCalls, listed: readonly ListedKey[], key: AccessKey) => {
    const own = listed.find(({ accessKeyId }) => accessKeyId === key.accessKeyId)
    const other = listed.find(({ accessKeyId }) => accessKeyId !== key.accessKeyId)
    if (own === undefined) {
      throw new AwsError(
        'AWS_BAD_RESPONSE',
        `AWS does not list ${key.accessKeyId} among the keys of ${calls.userName}`,
        {
          hint: `wait a moment, then ${rotateCommand(source)}`,
        },
      )
    }
    const withUse = async (each: ListedKey) => ({ ...each, use: await calls.useOf(each.accessKeyId) })
    const seen = await withUse(own)
    if (other === undefined) return seen
    const { userName, isBySession } = calls
    throw twoKeys({ source, userName, isBySession, own: seen, other: await withUse(other), nowMs: clock.now() })
  }

  /** Sent once. A refusal of AWS's is no answer that could have been lost: there is no key then. */
  const create = async (source: string, calls: OwnKeyCalls, key: AccessKey, asked: Asked | undefined) => {
    const { iam, signer, userName } = calls
    // By AWS's clock, which the list of the keys has told just now.
    const askedAtMs = clock.now() + iam.clockSkewMs()
    const entry = { type: 'asked', userName, formerKeyId: key.accessKeyId, askedAtMs } as const
    await journal.write(source, entry)
    try {
      return await iam.createAccessKey(signer, userName)
    } catch (error) {
      if (isAwsError(error, 'AWS_UNREACHABLE', 'AWS_BAD_RESPONSE')) {
        throw new AwsError(error.code, `${error.message}; whether AWS has made a key is not known`, {
          cause: error,
          hint: `${rotateCommand(source)} finds out, and deletes a key whose secret is lost`,
        })
      }
      await (asked === undefined ? journal.remove(source) : journal.write(source, asked))
      if (!isAwsError(error, 'AWS_QUOTA_REACHED')) throw error
      await refuseTwo(source, calls, await iam.listAccessKeys(signer, userName), key)
      throw error
    }
  }

  const store = async (source: string, { iam, signer, userName }: OwnKeyCalls, key: AccessKey, made: CreatedKey) => {
    try {
      await journal.write(source, { type: 'made', userName, formerKeyId: key.accessKeyId, successor: made })
      const kept = await journal.find(source, key.accessKeyId)
      if (kept?.type === 'made' && isSameKey(kept.successor, made)) return
      throw new AwsError('AWS_KEY_CORRUPT', 'the keychain did not keep the new key')
    } catch (error) {
      // Its secret ends with this call. What cannot be undone now, the next run recognises by the journal.
      try {
        await iam.deleteAccessKey(signer, userName, made.accessKeyId)
        await journal.remove(source)
      } catch (failure) {
        const { accessKeyId } = made
        log.warn('the new access key could not be taken back', { source, accessKeyId, reason: describeError(failure) })
      }
      throw error
    }
  }

  return {
    make: (source, key, asked) =>
      ownKeys.asOwner(source, key, async (calls): Promise<NewKeyStep> => {
        const { iam, signer, userName } = calls
        const listed = await iam.listAccessKeys(signer, userName)
        const orphan = asked && (await findOrphan(calls, listed, asked))
        if (orphan !== undefined) {
          const { accessKeyId } = orphan
          await iam.deleteAccessKey(signer, userName, accessKeyId)
          await journal.remove(source)
          log.warn('an access key was deleted whose secret nobody has', { source, accessKeyId })
          return { type: 'orphan-deleted', accessKeyId }
        }
        const { accessKeyId, createdAtMs, use } = await refuseTwo(source, calls, listed, key)
        const former = { accessKeyId, createdAtMs, use, seenAtMs: clock.now() }
        await sightings.note(source, former)
        const made = await create(source, calls, key, asked)
        await store(source, calls, key, made)
        log.info('AWS has made an access key', { source, accessKeyId: made.accessKeyId })
        return { type: 'made', userName, accessKeyId: made.accessKeyId, former: reportSighting(source, former) }
      }),
  }
}
