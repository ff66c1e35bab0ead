import { shellWord } from '../../../core/text/shell-word.ts'
import { formatUtc } from '../../../core/time/utc-time.ts'
import { displayKeyId } from '../../credentials.ts'
import { deactivateCommand, deleteCommand } from '../../iam/access-key-command.ts'
import type { CheckFacts, StoredKey, UserFacts, UserKey } from '../check-facts.ts'
import type { Finding, Rule } from '../finding.ts'

const dayMs = 86_400_000
/** What AWS's own rules ask for (AWS Config, iam-user-unused-credentials-check). */
const maxUnusedDays = 90
/** IAM may learn of a use hours later, and a new key needs not be used on its first day. */
const settleDays = 7

const rotateCommand = (source: string) => `latchkey aws keys rotate ${shellWord(source)}`

function endRotation({ source, rotation }: StoredKey): string {
  const command = rotateCommand(source)
  return rotation?.state === 'retired' ? `if nothing has missed it: ${command} --finish` : command
}

/** No key of the user is old, and none is there that nobody uses. */
export const oldKey: Rule = {
  name: 'old-key',
  find: (facts) => facts.users.flatMap((user) => (user.keys ?? []).flatMap((key) => findKey(key, user, facts) ?? [])),
}

function findKey(
  key: UserKey,
  { source, arn, maxKeyAgeMs }: UserFacts,
  { nowMs, stored, sources }: CheckFacts,
): Omit<Finding, 'rule'> | undefined {
  const { accessKeyId, isActive, createdAtMs, use } = key
  const holders = stored.filter((each) => each.accessKeyId === accessKeyId).map((each) => each.source)
  const isStored = holders.length > 0
  const successor = stored.find((each) => each.rotation?.formerKeyId === accessKeyId)
  // It is as the rotation has left it, so that what misses it can be helped.
  if (nowMs - Date.parse(successor?.rotation?.retiredAt ?? '') < settleDays * dayMs) return undefined
  // It is told, and rotated, under its own source.
  if (isStored && !holders.includes(source)) return undefined
  const days = (atMs: number) => Math.floor((nowMs - atMs) / dayMs)
  const reasons = [
    ...(isActive && nowMs - createdAtMs > maxKeyAgeMs ? [`${days(createdAtMs)} days old`] : []),
    ...(use.type === 'never' && days(createdAtMs) >= settleDays ? ['never used'] : []),
    ...(use.type === 'used' && days(use.atMs) > maxUnusedDays ? [`not used for ${days(use.atMs)} days`] : []),
    ...(isActive ? [] : ['inactive']),
  ]
  if (reasons.length === 0) return undefined
  const shown = displayKeyId(accessKeyId)
  return {
    severity: 'warning',
    what: `access key ${shown} of ${source} is ${reasons.join(', ')}`,
    evidence: [`${arn}: made on ${formatUtc(createdAtMs).slice(0, 10)}${isStored ? '' : ', not in the keychain'}`],
    mend: isStored ? rotateCommand(source) : successor === undefined ? mendOther() : endRotation(successor),
  }

  /** IAM may learn of a use hours later, and does not tell who needs the key: what is active is not deleted at once. */
  function mendOther(): string {
    const isBySession = sources.some((each) => each.source === source && each.mfaSerial !== undefined)
    const commanded = { source, isBySession, userName: arn.split('/').at(-1)!, accessKeyId }
    return isActive
      ? `find out what uses it; if nothing does: ${deactivateCommand(commanded)}`
      : `if nothing has missed it for some days: ${deleteCommand(commanded)}`
  }
}
