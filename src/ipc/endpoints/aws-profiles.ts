import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf } from './fields.ts'

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
      }),
    ),
  }),
} as const satisfies Endpoint
/** The profiles, in the order in which they are shown. */
export type AwsProfileList = AnswerOf<typeof listProfiles>
