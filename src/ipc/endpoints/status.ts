import * as v from 'valibot'
import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { configReport, count, listOf, reportedError, reportedKey, staticKeyList, time } from './fields.ts'

const sshIdentity = v.object({
  name: v.string(),
  vault: v.string(),
  role: v.string(),
  /** `none`: no certificate yet, or it has expired. */
  state: v.picklist(['fresh', 'advisory', 'mandatory', 'none']),
  keyType: v.string(),
  principals: listOf(v.string()),
  keyId: v.exactOptional(v.string()),
  /** Digits: it may be larger than a JSON number can be. */
  serial: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{1,20}$/))),
  validBefore: v.exactOptional(time),
  /** How the certificate differs from what was asked for. */
  warnings: v.exactOptional(listOf(v.string())),
  error: v.exactOptional(reportedError),
})
/** One `[ssh.identity.NAME]` as the status shows it. */
export type SshIdentityStatus = v.InferOutput<typeof sshIdentity>

const vault = v.object({
  name: v.string(),
  address: v.string(),
  method: v.string(),
  /**
   * `idle`: logs in by itself when it is needed. `inline`: with each request, and in it. `login-needed`: only a person can
   * log in.
   */
  state: v.picklist(['logged-in', 'idle', 'inline', 'login-needed', 'logged-out']),
  expiresAt: v.exactOptional(time),
  /** What a person should know while the login is good, such as that it is not renewed any more. */
  warnings: v.exactOptional(listOf(v.string())),
  error: v.exactOptional(reportedError),
})
/** One `[vault.NAME]` as the status shows it. */
export type VaultStatus = v.InferOutput<typeof vault>

const prompt = v.object({
  /** Whether the terminals of callers are asked. */
  terminal: v.boolean(),
  /** The programs that are tried, in this order, where no terminal is. */
  programs: listOf(v.string()),
  /** Why there are none. */
  whyNoProgram: v.exactOptional(v.string()),
})
/** How a person is asked. */
export type PromptStatus = v.InferOutput<typeof prompt>

const addedKey = v.object({
  key: v.string(),
  comment: v.string(),
  /** Absent: until it is removed. */
  expiresAt: v.exactOptional(time),
  /** It is a certificate that has ended, so that it is not listed. */
  isEnded: v.exactOptional(v.literal(true)),
  /** A person has to confirm each use. */
  mustConfirm: v.exactOptional(v.literal(true)),
  /** Where alone it may be used: `HOST`, `USER@HOST`, `HOST>HOST` from one to another. */
  destinations: v.exactOptional(listOf(v.string())),
})
/** A key of `ssh-add`. */
export type AddedKeyStatus = v.InferOutput<typeof addedKey>

const upstream = v.object({
  name: v.string(),
  socket: v.string(),
  /** The kinds of keys in hardware that it takes from `ssh-add`. */
  adds: listOf(v.string()),
  /** How many it has listed last; absent: it has not been asked yet. */
  keys: v.exactOptional(count),
  /** How many keys and tokens were added to it by way of the daemon. */
  added: count,
  /** Why it was left out of the latest list. */
  error: v.exactOptional(reportedError),
})
/** One `[ssh.upstream.NAME]`: another agent. */
export type UpstreamAgentStatus = v.InferOutput<typeof upstream>

const notice = v.object({
  at: time,
  reason: v.string(),
  /** How often in a row. */
  count,
  /** Fingerprints, of the key that was asked for and of the host's. */
  key: v.exactOptional(v.string()),
  host: v.exactOptional(v.string()),
  /** Who asked. */
  peer: v.exactOptional(v.string()),
})
/** Something that a client of the agent did not get. */
export type NoticeStatus = v.InferOutput<typeof notice>

/** What the daemon holds, until when, and what is wrong. */
export const getStatus = {
  method: 'GET',
  pattern: '/v1/status',
  answer: v.object({
    version: v.string(),
    pid: count,
    startedAt: time,
    configFile: v.string(),
    /** A daemon that is older than the command does not send it. */
    config: v.exactOptional(configReport),
    sockets: v.object({ agent: v.string(), api: v.string() }),
    keychain: v.object({ description: v.string(), error: v.exactOptional(reportedError) }),
    /** A daemon that is older than the command does not send it. */
    prompt: v.exactOptional(prompt),
    ssh: v.object({
      locked: v.boolean(),
      /** It was locked without a passphrase. */
      isForPerson: v.exactOptional(v.literal(true)),
      /** Why a restart of the daemon changes that, or has changed it. */
      lockError: v.exactOptional(reportedError),
      addedKeys: count,
      /** The first hundred of them. A daemon that is older than the command does not send it. */
      added: v.exactOptional(listOf(addedKey)),
      identities: listOf(sshIdentity),
      /** A daemon that is older than the command does not send it. */
      static: v.exactOptional(staticKeyList),
      /** A daemon that is older than the command does not send it. */
      upstreams: v.exactOptional(listOf(upstream)),
      /** The latest first. A daemon that is older than the command does not send it. */
      notices: v.exactOptional(listOf(notice)),
    }),
    vaults: listOf(vault),
    aws: v.object({
      sessions: listOf(v.object({ source: v.string(), mfaSerial: v.string(), expiresAt: time })),
      roles: listOf(v.object({ profile: v.string(), roleArn: v.string(), expiresAt: time })),
      profiles: listOf(v.string()),
      /** The long-term keys that AWS was asked about. A daemon that is older than the command does not send it. */
      keys: v.exactOptional(listOf(reportedKey)),
      /** The sources whose key is being rotated. */
      rotations: v.exactOptional(listOf(v.string())),
      /** The sources whose MFA seed is in the keychain. */
      seeds: v.exactOptional(listOf(v.string())),
      /** The settings of profiles that have no effect. */
      warnings: v.exactOptional(listOf(v.string())),
      /** Why none of the above is known. */
      error: v.exactOptional(reportedError),
    }),
  }),
} as const satisfies Endpoint
/** The whole status. */
export type Status = AnswerOf<typeof getStatus>
