import { shellWord } from '../../core/text/shell-word.ts'
import { formatDays } from '../../core/time/duration.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { AwsError } from '../aws-error.ts'
import type { ListedKey } from '../iam/access-key-calls.ts'
import { deactivateCommand, deleteCommand } from '../iam/access-key-command.ts'
import type { KeyUse } from '../keys/own-keys.ts'
import type { Rotation } from './rotation-journal.ts'

/** A key of the user, with its use. */
export interface UsersKey extends ListedKey {
  use: KeyUse
}

/** What is in the way of a rotation. */
export interface CrowdedUser {
  source: string
  userName: string
  /** The one in the keychain. */
  own: UsersKey
  other: UsersKey
  /** Whether the credentials of the source may call IAM, so that the AWS CLI can be run with them. */
  isBySession: boolean
  nowMs: number
}

/** How a rotation is begun, gone on with, or told how it stands. */
export const rotateCommand = (source: string): string => `latchkey aws keys rotate ${shellWord(source)}`

/** IAM allows two keys, inactive ones counted, and rotation needs room for one (IAM user guide, "IAM and AWS STS quotas"). */
export function twoKeys({ source, userName, own, other, isBySession, nowMs }: CrowdedUser): AwsError {
  const origin = other.isActive ? '' : ', perhaps left by an earlier rotation'
  const message =
    `${userName} has two access keys, and AWS allows no third: ${own.accessKeyId}, which is in the keychain ` +
    `(${described(own, nowMs)}), and ${other.accessKeyId} (${described(other, nowMs)})${origin}`
  const { accessKeyId } = other
  const commanded = { source, isBySession, userName, accessKeyId }
  const hint = other.isActive
    ? `find out what uses ${accessKeyId}; if nothing does: ${deactivateCommand(commanded)}, and delete it some days later`
    : `if nothing needs ${accessKeyId}: ${deleteCommand(commanded)}`
  return blocked(message, hint)
}

function described({ isActive, createdAtMs, use }: UsersKey, nowMs: number): string {
  return `${isActive ? 'active' : 'inactive'}, ${formatDays((nowMs - createdAtMs) / 1000)} old, ${describeUse(use)}`
}

function describeUse(use: KeyUse): string {
  switch (use.type) {
    case 'never':
      return 'never used'
    case 'unknown':
      return 'last use unknown'
    case 'used':
      return `last used ${formatUtc(use.atMs)} for ${use.service}`
  }
}

/** The same key under two names: the other one would stop working. */
export function sharedKey(source: string, other: string, accessKeyId: string): AwsError {
  return blocked(
    `${accessKeyId} is the key of ${other} as well, which would stop working with it`,
    `latchkey aws keys remove ${shellWord(other)}; after the rotation store the new key there`,
    source,
  )
}

/** The key that was replaced takes the room of the next one. */
export function unfinished(source: string, rotation: Rotation & { type: 'retired' }): AwsError {
  const { formerKeyId, retiredAtMs, userName } = rotation
  return blocked(
    `${formerKeyId}, which was replaced at ${formatUtc(retiredAtMs)}, is still there, and AWS allows ${userName} no third key`,
    `${rotateCommand(source)} --finish deletes it; then run the command again`,
  )
}

/** What needs the key now and then has had no time to miss it. */
export function tooEarly(source: string, { formerKeyId, retiredAtMs }: Rotation & { type: 'retired' }, fromMs: number) {
  return blocked(
    `${formerKeyId} is inactive only since ${formatUtc(retiredAtMs)}: what needs it once a day may not have missed it yet`,
    `${rotateCommand(source)} --finish deletes it from ${formatUtc(fromMs)} on, and with --now at once`,
  )
}

/** Nothing waits to be finished. */
export function nothingToFinish(source: string, rotation: Rotation | undefined): AwsError {
  return rotation === undefined
    ? blocked(`no key of ${source} has been replaced and waits to be deleted`, rotateCommand(source))
    : blocked(`the rotation of the key of ${source} has stopped on the way`, `${rotateCommand(source)} goes on with it`)
}

/** Somebody has needed the key. */
export function activeAgain(source: string, { formerKeyId, userName }: Rotation, isBySession: boolean): AwsError {
  const command = deactivateCommand({ source, isBySession, userName, accessKeyId: formerKeyId })
  return blocked(
    `${formerKeyId} is active again: somebody has turned it on since it was replaced, and may need it`,
    `find out who; then: ${command}`,
  )
}

function blocked(message: string, hint: string, source?: string): AwsError {
  return new AwsError('AWS_ROTATION_BLOCKED', source === undefined ? message : `${source}: ${message}`, { hint })
}
