import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, reportedError, time } from './fields.ts'

/** `unverified`: AWS has not been asked yet, or may not be; `wrong`: the account has another alias, or none. */
const aliasStates = ['verified', 'unverified', 'wrong'] as const

/**
 * The profiles that can be requested. `definedIn`: config.toml wins if a profile is in both. `isBlock`: the AWS files have the
 * block that latchkey writes, and config.toml does not have the profile.
 */
export const listProfiles = {
  method: 'GET',
  pattern: '/v1/aws/profiles',
  answer: v.object({
    /** The AWS files that the daemon reads; those of the caller may be others. An older daemon does not send it. */
    files: v.exactOptional(v.object({ config: v.string(), credentials: v.string() })),
    profiles: listOf(
      v.object({
        name: v.string(),
        region: v.exactOptional(v.string()),
        definedIn: v.picklist(['config.toml', 'aws-files']),
        isBlock: v.exactOptional(v.literal(true)),
        /** What config.toml says that a role is assumed with; a source has none. */
        source: v.exactOptional(v.string()),
        /** The role of a profile whose configuration is right. */
        roleArn: v.exactOptional(v.string()),
        /** Where its credentials are good; absent where its configuration is wrong, or where nothing says it. */
        partition: v.exactOptional(v.string()),
        /** The source whose long-term key its credentials come from. */
        keyOf: v.exactOptional(v.string()),
        /** The device whose code its credentials need. */
        mfaSerial: v.exactOptional(v.string()),
        accountAlias: v.exactOptional(v.object({ name: v.string(), state: v.picklist(aliasStates) })),
        color: v.exactOptional(v.string()),
        until: v.exactOptional(time),
        /** The file of accounts that it was written from. */
        syncedFrom: v.exactOptional(v.string()),
      }),
    ),
  }),
} as const satisfies Endpoint
/** One of the profiles. */
export type AwsProfileEntry = AwsProfileList['profiles'][number]
/** The profiles, in the order in which they are shown. */
export type AwsProfileList = AnswerOf<typeof listProfiles>

/** Whether the credentials of a profile can be had, which are handed to nobody; `error` says why not. */
export const tryProfile = {
  method: 'POST',
  pattern: '/v1/aws/try',
  mayAsk: true,
  request: v.strictObject({ profile: v.string() }),
  answer: v.object({ error: v.exactOptional(reportedError) }),
} as const satisfies Endpoint
