import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { listOf, reportedError } from './fields.ts'

/** The CAs of hosts, with the lines of known_hosts for them; their servers are asked anew, and waited for a little. */
export const getHostCas = {
  method: 'GET',
  pattern: '/v1/ssh/hosts/cas',
  answer: v.object({
    /** Where all lines are, for GlobalKnownHostsFile of ssh_config. */
    file: v.string(),
    cas: listOf(
      v.object({
        name: v.string(),
        vault: v.string(),
        mount: v.string(),
        /** Empty: no key is known. */
        lines: listOf(v.string()),
        fingerprints: listOf(v.string()),
        /** Why its keys are not known, or not anew. */
        error: v.exactOptional(reportedError),
      }),
    ),
    /** What is wrong with the file, in words. */
    faults: listOf(v.string()),
  }),
} as const satisfies Endpoint
