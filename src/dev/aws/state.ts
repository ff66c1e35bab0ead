import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { CodedError } from '../../core/errors.ts'
import { ownAdministration, userPolicySchema } from './caller/user-policy.ts'

/** A state that cannot be read. */
export class DevAwsStateError extends CodedError<'DEV_AWS_STATE_INVALID'> {}

const name = v.pipe(v.string(), v.regex(/^[\w+=,.@-]{1,64}$/))
const account = v.pipe(v.string(), v.regex(/^\d{12}$/))
const arns = v.array(v.string())

const userSchema = v.strictObject({
  account,
  name,
  id: v.string(),
  createdAtMs: v.number(),
  /** ARNs of the roles that the user's own policy lets them assume. */
  mayAssume: arns,
  /** What else the user's own policies say. */
  policy: v.optional(userPolicySchema, ownAdministration),
  accessKeys: v.array(
    v.strictObject({
      id: v.string(),
      secret: v.string(),
      status: v.picklist(['Active', 'Inactive']),
      createdAtMs: v.number(),
      /** Until then AWS has not heard of it everywhere; absent: it was known from the start. */
      knownAtMs: v.optional(v.number()),
      /** The last call that it signed itself. */
      lastUse: v.optional(v.strictObject({ atMs: v.number(), service: v.string(), region: v.string() })),
    }),
  ),
  mfaDevices: v.array(
    v.strictObject({
      serialNumber: v.string(),
      secretBase32: v.string(),
      enabledAtMs: v.number(),
      /** The TOTP step of the last code that was accepted: it and every earlier one are spent. */
      lastAcceptedStep: v.number(),
      /** When AWS knows everywhere that the user has it; absent: it does. */
      knownAtMs: v.exactOptional(v.number()),
      /** How far its codes are ahead of the clock in steps, as the two codes said that it was enabled or set with. */
      aheadSteps: v.optional(v.number(), 0),
    }),
  ),
})

const freeDeviceSchema = v.strictObject({
  serialNumber: v.string(),
  secretBase32: v.string(),
  createdAtMs: v.number(),
  knownAtMs: v.exactOptional(v.number()),
})

const roleSchema = v.strictObject({
  account,
  name,
  id: v.string(),
  /** As it was written; read by the code that judges it. */
  trustPolicy: v.looseObject({}),
  maxSessionDurationSeconds: v.number(),
  mayAssume: arns,
  /** What else the role's own policies say; absent: nothing. */
  policy: v.exactOptional(userPolicySchema),
})

/** Of the organization, the management account first. */
const accountSchema = v.strictObject({
  id: account,
  name: v.string(),
  state: v.picklist(['ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED']),
})

const stateSchema = v.strictObject({
  version: v.literal(1),
  /** Base64 of the key that session tokens are sealed with: keeping it keeps every issued session valid. */
  tokenKey: v.string(),
  users: v.array(userSchema),
  /** The virtual devices that no user has. */
  freeDevices: v.optional(v.array(freeDeviceSchema), () => []),
  roles: v.array(roleSchema),
  accounts: v.optional(v.array(accountSchema), () => []),
})

/** Everything that the double knows; it is kept as one JSON text. */
export type DevAwsState = v.InferOutput<typeof stateSchema>
/** A user. */
export type DevUser = v.InferOutput<typeof userSchema>
/** A long-term key. */
export type DevAccessKey = DevUser['accessKeys'][number]
/** A virtual MFA device of a user's. */
export type DevMfaDevice = DevUser['mfaDevices'][number]
/** An account of the organization. */
export type DevAccountEntry = v.InferOutput<typeof accountSchema>
/** A role. */
export type DevRole = v.InferOutput<typeof roleSchema>

/** Where the state is kept. It holds secrets: a file must be its owner's alone. */
export interface DevAwsStateStore {
  /** What was saved last, undefined at first. */
  load(): string | undefined | Promise<string | undefined>
  /** Must be durable when it returns: an answer that depends on it is sent then. */
  save(state: string): void | Promise<void>
}

/** @throws {DevAwsStateError} DEV_AWS_STATE_INVALID */
export function parseState(text: string | undefined): DevAwsState {
  if (text === undefined) {
    const empty = { users: [], freeDevices: [], roles: [], accounts: [] }
    return { version: 1, tokenKey: randomBytes(32).toString('base64'), ...empty }
  }
  try {
    return v.parse(stateSchema, JSON.parse(text))
  } catch (cause) {
    // A parser's message quotes its input, secrets included: it stays out of this one.
    const reason = v.isValiError(cause) ? `at ${v.getDotPath(cause.issues[0]) ?? 'the top'}` : 'it is not JSON'
    throw new DevAwsStateError('DEV_AWS_STATE_INVALID', `the embedded AWS cannot read its state: ${reason}`, {
      hint: 'remove the file to start afresh',
    })
  }
}
