import * as v from 'valibot'
import type { Endpoint } from '../endpoint.ts'
import { listOf, reportedError, time } from './fields.ts'

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

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256))
const some = <Schema extends v.GenericSchema>(item: Schema, most: number) =>
  v.pipe(v.array(item), v.minLength(1), v.maxLength(most))

/** Has the keys of a host certified, by a CA of `[ssh.host_ca.NAME]` or by a mount. */
export const signHostKeys = {
  method: 'POST',
  pattern: '/v1/ssh/hosts/certificates',
  request: v.strictObject({
    /** The section; absent: the only one, where no vault or mount is named. */
    ca: v.exactOptional(name),
    vault: v.exactOptional(name),
    mount: v.exactOptional(name),
    /** Absent: that of the section. */
    role: v.exactOptional(name),
    /** Lines of .pub files. */
    keys: some(v.pipe(v.string(), v.maxLength(16_384)), 8),
    /** The names of the host. */
    principals: some(v.pipe(v.string(), v.regex(/^[a-z0-9._:%-]{1,255}$/, 'not a name of a host')), 64),
    ttlSeconds: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(60))),
  }),
  answer: v.object({
    vault: v.string(),
    mount: v.string(),
    role: v.string(),
    /** In the order of the keys. */
    certificates: listOf(
      v.object({
        /** The line of the certificate, without a comment. */
        certificate: v.string(),
        /** Of the key that it certifies. */
        fingerprint: v.string(),
        keyId: v.string(),
        ca: v.string(),
        expiresAt: time,
      }),
    ),
  }),
} as const satisfies Endpoint
