import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { listOf, time } from './fields.ts'

/** The steps to the credentials of a profile, and what of them is held. AWS is not called, and nobody is asked. */
export const explainProfile = {
  method: 'GET',
  pattern: '/v1/aws/profiles/{profile}/explanation',
  answer: v.object({
    profile: v.string(),
    steps: listOf(
      v.object({
        type: v.picklist(['key', 'session', 'role']),
        /** In words. */
        what: v.string(),
        details: listOf(v.string()),
        /** `missing`: a person must do something. `when-needed`: AWS is asked when somebody needs it. */
        state: v.picklist(['held', 'missing', 'when-needed', 'unknown']),
        expiresAt: v.exactOptional(time),
        /** A command, or why the state is not known. */
        hint: v.exactOptional(v.string()),
      }),
    ),
    /** Where what happens differs from the configuration. */
    notices: listOf(v.string()),
  }),
} as const satisfies Endpoint
/** The way to the credentials of a profile. */
export type ProfileExplanation = AnswerOf<typeof explainProfile>
