import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/** `unverified`: AWS has not been asked yet, or may not be; `wrong`: the account has another alias, or none. */
const aliasStates = ['verified', 'unverified', 'wrong'] as const

/**
 * The profiles that can be requested. `definedIn`: config.toml wins if a profile is in both. `awsFiles`: whether the AWS
 * files have a section for it that calls latchkey, another section, or none.
 */
export const listProfiles = {
  method: 'GET',
  pattern: '/v1/aws/profiles',
  answer: v.object({
    profiles: listOf(
      v.object({
        name: v.string(),
        region: v.exactOptional(v.string()),
        definedIn: v.picklist(['config.toml', 'aws-files']),
        awsFiles: v.picklist(['absent', 'latchkey', 'other']),
        /** What config.toml says that a role is assumed with; a source has none. */
        source: v.exactOptional(v.string()),
        /** The role of a profile whose configuration is right. */
        roleArn: v.exactOptional(v.string()),
        accountAlias: v.exactOptional(v.object({ name: v.string(), state: v.picklist(aliasStates) })),
        color: v.exactOptional(v.string()),
        until: v.exactOptional(time),
      }),
    ),
  }),
} as const satisfies Endpoint
/** One of the profiles. */
export type AwsProfileEntry = AwsProfileList['profiles'][number]
/** The profiles, in the order in which they are shown. */
export type AwsProfileList = AnswerOf<typeof listProfiles>
