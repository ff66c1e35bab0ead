import { createInTurn } from '../../core/calls/in-turn.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { type AccessKey, isSameKey } from '../credentials.ts'
import { untilKnown } from '../iam/until-known.ts'
import type { KeyChecks } from '../keys/key-checks.ts'
import { usesOthersKey } from '../keys/known-sources.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import type { OwnKeyCalls, SessionNeeded } from '../keys/own-keys.ts'
import type { CredentialPlan } from '../plan/credential-plan.ts'
import { activeAgain, nothingToFinish, rotateCommand, sharedKey, tooEarly, unfinished } from './blocked-rotation.ts'
import { createNewKeys, type NewKeyStep, type NewKeysDeps } from './new-key.ts'
import type { Rotation } from './rotation-journal.ts'

/** What a step of a rotation has done. After `retired` and `finished` there is no next one. */
export type RotationStep =
  | NewKeyStep
  | SessionNeeded
  /** AWS knows the new key, which is the one of the source now. */
  | { type: 'in-use'; accessKeyId: string }
  /** The former key is inactive, since a time in UTC. @param isNew false: it was so before */
  | { type: 'retired'; formerKeyId: string; accessKeyId: string; retiredAt: string; isNew: boolean }
  /** The former key is deleted. */
  | { type: 'finished'; formerKeyId: string }

/**
 * Replaces long-term keys, a step at a time. Everything between two steps is in the journal, so that the next step may be
 * taken by another run of the daemon; a step that was cut off is taken again, or undone. Nobody is asked for anything.
 * Each call rejects with an AwsError or a KeychainError.
 */
export interface KeyRotation {
  /** Takes the next step. @throws {AwsError} AWS_ROTATION_BLOCKED: something must be seen to first */
  advance(source: string): Promise<RotationStep>
  /**
   * Deletes the key that was replaced, when it has been inactive for a day.
   * @param isAtOnce whether it does not wait for that
   * @throws {AwsError} AWS_ROTATION_BLOCKED: there is none, it is in use again, or it is too early
   */
  finish(source: string, isAtOnce?: boolean): Promise<RotationStep>
}

/** What a rotation needs. */
export interface KeyRotationDeps extends NewKeysDeps {
  keys: LongTermKeys
  checks: KeyChecks
  clock: Clock
  log: Logger
  /** The plan of the source's own session. @throws {AwsError} AWS_PROFILE_… */
  planOf(source: string): Promise<CredentialPlan>
  /** Voids what was made, or is being made, with the key of a source. */
  voidMade(source: string): Promise<void>
}

/**
 * How long a key that was replaced is kept, in ms: what fails without it can be helped by making it active again. Anybody who runs
 * the command again within this time wants to know how it has ended, and no other key.
 */
const graceMs = 24 * 60 * 60_000

type InUse = Rotation & { type: 'in-use' }
type Made = Rotation & { type: 'made' }

/** Owns whose turn it is: two runs of the command take their steps one after the other. */
export function createKeyRotation(deps: KeyRotationDeps): KeyRotation {
  const { keys, checks, ownKeys, journal, sightings, clock, log, planOf, voidMade } = deps
  const newKeys = createNewKeys(deps)
  const bySource = createInTurn()

  const refuseShared = async (source: string, { accessKeyId }: AccessKey) => {
    for (const other of await keys.sources()) {
      if (other === source) continue
      // What cannot be read is no key that could stop working.
      const key = await keys.find(other).catch((error: unknown) => {
        if (isAwsError(error, 'AWS_KEY_CORRUPT')) return undefined
        throw error
      })
      if (key?.accessKeyId === accessKeyId) throw sharedKey(source, other, accessKeyId)
    }
  }

  const begin = async (source: string, key: AccessKey, asked?: Rotation & { type: 'asked' }) => {
    await refuseShared(source, key)
    return newKeys.make(source, key, asked)
  }

  const prove = async (source: string, key: AccessKey, made: Made): Promise<RotationStep> => {
    const { successor, userName, formerKeyId } = made
    const { accessKeyId, createdAtMs } = successor
    if (key.accessKeyId !== accessKeyId) {
      await awaitKnown(source, key, made)
      await replace(source, successor)
    }
    await journal.write(source, { type: 'in-use', userName, formerKeyId, successorId: accessKeyId })
    await sightings.note(source, { accessKeyId, createdAtMs, use: { type: 'never' }, seenAtMs: clock.now() })
    log.info('a new access key is in use', { source, accessKeyId })
    return { type: 'in-use', accessKeyId }
  }

  const awaitKnown = async (source: string, key: AccessKey, made: Made): Promise<void> => {
    const { region, endpoint } = (await planOf(source)).last
    const isRefused = (error: unknown) => isAwsError(error, 'AWS_KEY_REFUSED')
    try {
      await untilKnown(clock, isRefused, () => checks.ask(source, made.successor, region, endpoint))
    } catch (error) {
      throw isRefused(error) ? await whyRefused(source, key, made, error) : error
    }
  }

  /** A key that is not listed any more will never be known: its rotation is over, and the former key was never touched. */
  const whyRefused = async (source: string, key: AccessKey, { successor, userName }: Made, cause: unknown) => {
    const { accessKeyId } = successor
    const isGone = await ownKeys.asOwner(source, key, async ({ iam, signer }) => {
      const listed = await iam.listAccessKeys(signer, userName)
      return listed.every((each) => each.accessKeyId !== accessKeyId)
    })
    if (isGone === true) await journal.remove(source)
    const what =
      isGone === true ? 'has the new key no more: somebody has deleted it' : 'does not accept the new key yet'
    return new AwsError('AWS_KEY_REFUSED', `AWS ${what} (${accessKeyId}); the former one is still in use`, {
      cause,
      hint: isGone === true ? rotateCommand(source) : `wait a minute, then ${rotateCommand(source)} goes on from here`,
    })
  }

  /** What was made with the former key is dropped before and after, so that a crash leaves no session without its key. */
  const replace = async (source: string, successor: AccessKey): Promise<void> => {
    await voidMade(source)
    await keys.write(source, successor)
    if (!isSameKey(await keys.read(source), successor))
      throw new AwsError('AWS_KEY_CORRUPT', 'the keychain did not keep the new key', { hint: rotateCommand(source) })
    await voidMade(source)
  }

  const retire = (source: string, key: AccessKey, rotation: InUse): Promise<RotationStep> =>
    ownKeys.asOwner(source, key, async ({ iam, signer }): Promise<RotationStep> => {
      const { userName, formerKeyId } = rotation
      try {
        // IAM may learn of the new key later than STS.
        const isUnknown = (error: unknown) => isAwsError(error, 'AWS_TOKEN_UNKNOWN')
        await untilKnown(clock, isUnknown, () => iam.deactivateAccessKey(signer, userName, formerKeyId))
      } catch (error) {
        if (!isAwsError(error, 'AWS_ENTITY_MISSING')) throw error
        return end(source, formerKeyId)
      }
      const retiredAtMs = clock.now()
      await journal.write(source, { ...rotation, type: 'retired', retiredAtMs })
      log.info('the former access key is inactive', { source, accessKeyId: formerKeyId })
      return retired(rotation, retiredAtMs, true)
    })

  const end = async (source: string, formerKeyId: string): Promise<RotationStep> => {
    await journal.remove(source)
    log.info('the former access key is deleted', { source, accessKeyId: formerKeyId })
    return { type: 'finished', formerKeyId }
  }

  const remove = async (source: string, rotation: Rotation, calls: OwnKeyCalls): Promise<RotationStep> => {
    const { iam, signer, isBySession } = calls
    const { userName, formerKeyId } = rotation
    const listed = await iam.listAccessKeys(signer, userName)
    const former = listed.find(({ accessKeyId }) => accessKeyId === formerKeyId)
    if (former?.isActive === true) throw activeAgain(source, rotation, isBySession)
    if (former !== undefined) await iam.deleteAccessKey(signer, userName, formerKeyId)
    return end(source, formerKeyId)
  }

  const advance = async (source: string): Promise<RotationStep> => {
    const key = await keyOf(source)
    const rotation = await journal.find(source, key.accessKeyId)
    switch (rotation?.type) {
      case undefined:
        return begin(source, key)
      case 'asked':
        return begin(source, key, rotation)
      case 'made':
        return prove(source, key, rotation)
      case 'in-use':
        return retire(source, key, rotation)
      case 'retired': {
        const { retiredAtMs } = rotation
        if (clock.now() - retiredAtMs >= graceMs) throw unfinished(source, rotation)
        return retired(rotation, retiredAtMs, false)
      }
    }
  }

  const finish = async (source: string, isAtOnce: boolean): Promise<RotationStep> => {
    const key = await keyOf(source)
    const rotation = await journal.find(source, key.accessKeyId)
    if (rotation?.type !== 'retired') throw nothingToFinish(source, rotation)
    const fromMs = rotation.retiredAtMs + graceMs
    if (!isAtOnce && clock.now() < fromMs) throw tooEarly(source, rotation, fromMs)
    return ownKeys.asOwner(source, key, (calls) => remove(source, rotation, calls))
  }

  /** @throws {AwsError} AWS_KEY_MISSING; AWS_PROFILE_UNSUPPORTED: it is a profile that uses the key of another source */
  const keyOf = async (source: string): Promise<AccessKey> => {
    const { last } = await planOf(source)
    if (last.source === source) return keys.read(source)
    throw new AwsError('AWS_PROFILE_UNSUPPORTED', usesOthersKey(source, last.source), {
      hint: rotateCommand(last.source),
    })
  }

  return {
    advance: (source) => bySource.run(source, () => advance(source)),
    finish: (source, isAtOnce = false) => bySource.run(source, () => finish(source, isAtOnce)),
  }
}

function retired(
  { formerKeyId, successorId }: { formerKeyId: string; successorId: string },
  atMs: number,
  isNew: boolean,
) {
  return { type: 'retired', formerKeyId, accessKeyId: successorId, retiredAt: formatUtc(atMs), isNew } as const
}
