import type { Logger } from '../../core/log.ts'
import { sectionNameMistake } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError, isAwsError } from '../aws-error.ts'
import { type AccessKey, isSameKey } from '../credentials.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'
import type { ImportBackups } from './import-backups.ts'
import type { KeyChecks } from './key-checks.ts'
import { usesOthersKey } from './known-sources.ts'
import type { LongTermKeys } from './long-term-keys.ts'

/** What AWS says about a key that was stored. */
export interface KeptKey {
  source: string
  accessKeyId: string
  /** False: AWS could not be asked, so that nobody knows yet whether the key works. */
  isVerified: boolean
  /** Whose key it is, where AWS was asked. */
  accountId?: string
  arn?: string
}

/**
 * The key that is held is not replaced yet: the other one is another user's, or AWS cannot be asked whose it is, and somebody
 * has to say that this is meant.
 */
export interface OtherUser {
  type: 'other-user'
  /** The ARN of the user whose key is held; absent where AWS cannot be asked. */
  heldBy?: string
  /** Whose key was put in. */
  arn?: string
}

/** What the keychain has. */
export interface KeptKeys {
  keys: readonly { source: string; accessKeyId: string }[]
  /** Items that are no keys. */
  unreadable: readonly { source: string; error: AwsError }[]
}

/** Stores, lists and removes long-term keys. */
export interface KeyCustody {
  /**
   * Stores or replaces the key of a source, after AWS has named its owner; unchecked where AWS cannot be reached.
   * @param isUserMeant it may take the place of a key of another user
   * @returns what speaks against it, where it would
   * @throws {AwsError} AWS_KEY_REFUSED: AWS does not accept the key; AWS_PROFILE_INVALID: no section can have the name of the
   *   source, or a profile with the key of another one has it; nothing is stored
   */
  put(source: string, key: AccessKey, isUserMeant?: boolean): Promise<KeptKey | OtherUser>
  /**
   * Stores the only copy of a key that there is besides a file, from which it is about to go: it is read back.
   * @throws {AwsError} AWS_IMPORT_FAILED, AWS_KEY_REFUSED, AWS_KEY_EXISTS: the source has another key; nothing is changed
   */
  adopt(source: string, key: AccessKey): Promise<KeptKey>
  readonly backups: ImportBackups
  list(): Promise<KeptKeys>
  /** With the backups of imports that have it. Resolves to whether there was one. */
  remove(source: string): Promise<boolean>
}

interface Holder {
  arn?: string
  isGone?: true
}

interface Place {
  region: string
  endpoint?: StsEndpoint
  /** Whose key a profile of that name uses. */
  source?: string
}

/** Where keys go, and who is told of a change. */
export interface KeyCustodyDeps {
  keys: LongTermKeys
  backups: ImportBackups
  checks: KeyChecks
  log: Logger
  /** Whose STS is asked about a source. */
  placeOf(source: string): Promise<Place>
  /** Voids what was made, or is being made, with the key of a source. Called before and after each change of the key. */
  onChange(source: string): Promise<void>
}

/** Custody that asks AWS about each key before it is stored. */
export function createKeyCustody({ keys, backups, checks, log, placeOf, onChange }: KeyCustodyDeps): KeyCustody {
  const ownerOf = async (source: string, key: AccessKey, { region, endpoint }: Place) => {
    try {
      const { accountId, arn } = await checks.ask(source, key, region, endpoint)
      return { accountId, arn }
    } catch (error) {
      if (!(error instanceof AwsError) || isAwsError(error, 'AWS_KEY_REFUSED')) throw error
      // The network, the clock or the region: none of them says anything about the key.
      log.warn('the key could not be checked with AWS', { source, reason: error.message })
      return undefined
    }
  }

  /** Drops what was made with the former key first, so that a crash leaves no session without its key, and again after. */
  const change = async <T>(source: string, apply: () => Promise<T>): Promise<T> => {
    await onChange(source)
    const result = await apply()
    await onChange(source)
    return result
  }

  /** Whose key is held. One that AWS does not know any more is nobody's, and in nobody's way. */
  const holderOf = async (source: string, key: AccessKey, { region, endpoint }: Place): Promise<Holder> => {
    try {
      return { arn: (await checks.check(source, key, region, endpoint)).arn }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return isAwsError(error, 'AWS_KEY_REFUSED') ? { isGone: true } : {}
    }
  }

  const find = async (source: string) =>
    keys.find(source).catch((error: unknown) => {
      // An item that cannot be read is a reason to put in a new key.
      if (isAwsError(error, 'AWS_KEY_CORRUPT')) return undefined
      throw error
    })

  type Owner = Awaited<ReturnType<typeof ownerOf>>

  const store = async (source: string, key: AccessKey, former: AccessKey | undefined, owner: Owner) => {
    if (former === undefined || !isSameKey(former, key)) await change(source, () => keys.write(source, key))
    return { source, accessKeyId: key.accessKeyId, isVerified: owner !== undefined, ...owner }
  }

  return {
    async put(source, key, isUserMeant = false) {
      checkName(source)
      const place = await placeOf(source)
      const former = await find(source)
      if (former === undefined) refuseTaken(source, place)
      const isDoubtful = !isUserMeant && former !== undefined && former.accessKeyId !== key.accessKeyId
      // Asked before the other key, so that what is remembered of the source is about the one that is put in.
      const holder: Holder = isDoubtful ? await holderOf(source, former, place) : { isGone: true }
      const owner = await ownerOf(source, key, place)
      if (isDoubtful && (owner === undefined || (!holder.isGone && holder.arn !== owner.arn)))
        return {
          type: 'other-user',
          ...(holder.arn === undefined ? {} : { heldBy: holder.arn }),
          ...(owner === undefined ? {} : { arn: owner.arn }),
        }
      return store(source, key, former, owner)
    },
    backups,
    async adopt(source, key) {
      checkName(source)
      const [present, place] = [await keys.find(source), await placeOf(source)]
      if (present === undefined) refuseTaken(source, place)
      if (present !== undefined && present.accessKeyId !== key.accessKeyId) {
        throw new AwsError('AWS_KEY_EXISTS', `${source} already has another access key in the keychain`, {
          hint: `give this one another name with --source, or latchkey aws keys remove ${shellWord(source)}`,
        })
      }
      const owner = await ownerOf(source, key, place).catch((error: unknown) => {
        if (!isAwsError(error, 'AWS_KEY_REFUSED')) throw error
        const hint = 'take it out of its file if it is of no use any more (AWS takes a few seconds to know a new key)'
        throw new AwsError(error.code, error.message, { cause: error, hint })
      })
      const kept = await store(source, key, present, owner)
      if (!isSameKey(await keys.read(source), key)) {
        throw new AwsError('AWS_IMPORT_FAILED', 'the keychain did not keep the key: the file is unchanged')
      }
      return kept
    },
    async list() {
      const sources = await keys.sources()
      const found: { source: string; accessKeyId: string }[] = []
      const unreadable: { source: string; error: AwsError }[] = []
      for (const source of sources) {
        try {
          const key = await keys.find(source)
          if (key !== undefined) found.push({ source, accessKeyId: key.accessKeyId })
        } catch (error) {
          if (!isAwsError(error, 'AWS_KEY_CORRUPT')) throw error
          unreadable.push({ source, error })
        }
      }
      return { keys: found, unreadable }
    },
    async remove(source) {
      await backups.removeOf(source)
      return await change(source, () => keys.remove(source))
    },
  }
}

/** Nothing would find the key, and its section would take the place of the profile. */
function refuseTaken(name: string, { source = name }: Place): void {
  if (source === name) return
  throw new AwsError('AWS_PROFILE_INVALID', `${usesOthersKey(name, source)}: nothing is stored`, {
    hint: `latchkey aws keys add ${shellWord(source)}, or under a name that no profile has`,
  })
}

function checkName(source: string): void {
  const mistake = sectionNameMistake(source)
  if (mistake === undefined) return
  throw new AwsError(
    'AWS_PROFILE_INVALID',
    `${JSON.stringify(source)} ${mistake}, and is no name of a source: nothing is stored`,
    { hint: 'latchkey help aws keys add' },
  )
}
