import * as v from 'valibot'
import type { AnswerOf, Endpoint, RequestOf } from '../endpoint.ts'
import { count, listOf, reportedError, time } from './fields.ts'

const text = v.pipe(v.string(), v.maxLength(4096))

const certificate = v.object({
  keyId: v.string(),
  /** Digits: it may be larger than a JSON number can be. */
  serial: v.string(),
  principals: listOf(v.string()),
  validAfter: time,
  /** Absent: for ever. */
  validBefore: v.exactOptional(time),
  /** The CA's key: its fingerprint, and its type. */
  ca: v.string(),
  caType: v.string(),
  /** The algorithm of the CA's signature. */
  signedWith: v.string(),
  extensions: listOf(v.string()),
  /** Name to value. */
  criticalOptions: v.record(v.string(), v.string()),
})
/** A certificate, as far as it matters to a server. */
export type ExplainedCertificate = v.InferOutput<typeof certificate>

const listedIdentity = v.object({
  /** NAME of `[ssh.identity.NAME]`; absent for what `ssh-add` has added. */
  identity: v.exactOptional(v.string()),
  /** NAME of the `[ssh.upstream.NAME]` that has it; absent for all others. */
  agent: v.exactOptional(v.string()),
  /** The name of a static key; absent for all others. */
  staticKey: v.exactOptional(v.string()),
  comment: v.string(),
  /** `former-certificate`: it has been renewed a moment ago. `key`: without a certificate. */
  kind: v.picklist(['certificate', 'former-certificate', 'key']),
  /** Of the plain key; absent where there is none yet. */
  fingerprint: v.exactOptional(v.string()),
  /** In base64, as it is listed; absent where a certificate would be fetched first. */
  blob: v.exactOptional(v.string()),
  /** Of the plain key, such as `ssh-ed25519`. */
  keyType: v.string(),
  certificate: v.exactOptional(certificate),
  /** The principals to ask for, while there is no certificate; absent: the role decides. */
  askedPrincipals: v.exactOptional(listOf(v.string())),
  /** The setting; absent: every host. */
  hosts: v.exactOptional(listOf(v.string())),
  /** Which of `hosts` fits. */
  fits: v.exactOptional(v.string()),
  /** Whether another machine is shown it, where the agent is forwarded. */
  isForwarded: v.boolean(),
  /** On which connections a person is asked before each use. */
  confirm: v.picklist(['never', 'forwarded', 'always']),
  /** Whether it signs logins at all: the setting `sign`. */
  signsLogins: v.boolean(),
  /** How the certificate differs from what was asked for. */
  warnings: listOf(v.string()),
  /** Why the last try to fetch one failed. */
  error: v.exactOptional(reportedError),
})
/** One identity of a list. */
export type ListedIdentity = v.InferOutput<typeof listedIdentity>

/** What the agent would list for an ssh that is started like this. Nothing is fetched, and nobody is asked. */
export const explainSshList = {
  method: 'POST',
  pattern: '/v1/ssh/explanation',
  request: v.strictObject({
    /** The program first. */
    commandLine: v.pipe(v.array(text), v.maxLength(256), v.readonly()),
    /** What the host will prove. */
    host: v.variant('type', [
      v.strictObject({ type: v.literal('key'), key: v.pipe(v.string(), v.base64(), v.maxLength(32_768)) }),
      /** Its key is new to known_hosts, where ssh will write it. */
      v.strictObject({ type: v.literal('new'), name: text, port: count, isHashed: v.boolean() }),
      /** Nobody will know it. */
      v.strictObject({ type: v.literal('unknown') }),
    ]),
    /** NAME of the identity whose own socket is asked; absent: the agent's. */
    identity: v.exactOptional(text),
  }),
  answer: v.object({
    isLocked: v.boolean(),
    /** The files that names of hosts are looked up in. */
    knownHosts: listOf(v.string()),
    /** Whether it matters which host it is: some `hosts` are set. */
    usesHosts: v.boolean(),
    /** What the host is known as, such as `[name]:2222`. */
    names: listOf(v.string()),
    /** Its key is `@revoked`, so that nothing is listed. */
    isRevoked: v.boolean(),
    /** Nothing in `hosts` can be compared with it: everything is listed. */
    isUnnamed: v.boolean(),
    listed: listOf(listedIdentity),
    leftOut: listOf(
      v.object({
        ...listedIdentity.entries,
        why: v.picklist(['hosts', 'unbound-max', 'revoked', 'destinations', 'agent-away']),
      }),
    ),
    /** The other agents that are left out, and why. A daemon that is older than the command does not send it. */
    agentsLeftOut: v.exactOptional(listOf(v.object({ name: v.string(), error: reportedError }))),
  }),
} as const satisfies Endpoint
/** What would be listed. */
export type SshListExplanation = AnswerOf<typeof explainSshList>
/** For whom. */
export type SshListRequest = RequestOf<typeof explainSshList>
