import type { AskPerson } from '../../src/agent/connection/confirmation.ts'
import type { KeyConstraints } from '../../src/agent/protocol/constraints.ts'
import type { Upstream } from '../../src/agent/upstream/upstream.ts'

/** What a key has that was added without limits. */
export const unconstrained: KeyConstraints = { lifetimeSeconds: undefined, mustConfirm: false, destinations: undefined }

/** No other agent: the same array each time. */
export const noUpstreams: readonly Upstream[] = []

/** Nobody is there to be asked. */
export const nobody: AskPerson = () => Promise.reject(new Error('a person was asked'))
