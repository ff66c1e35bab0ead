import { type Answer, errorAnswer, jsonAnswer } from '../reply.ts'
import type { DevVaultState } from '../state.ts'
import type { Seal } from './seal.ts'

/** What this server says that it is: the version whose answers it was compared with. */
const version = '2.0.0-HEAD'

/** A call that may ask for the status. */
export interface StatusCall {
  method: string
  /** Without `/v1/`. */
  path: string
  query: URLSearchParams
  body: Readonly<Record<string, unknown>>
}

/**
 * The calls that need no token and are answered whatever happens: health, seal status, leader, init, unseal.
 * They stand outside the envelope. Undefined for any other path.
 */
export function createStatus(deps: {
  state: Pick<DevVaultState, 'clusterId' | 'clusterName'>
  seal: Seal
  now: () => number
}): (call: StatusCall) => Answer | undefined {
  const { state, seal, now } = deps
  const cluster = () => (seal.isSealed() ? {} : { cluster_name: state.clusterName, cluster_id: state.clusterId })

  const health = (query: URLSearchParams): Answer => {
    const isSealed = seal.isSealed()
    const replication = isSealed ? 'unknown' : 'disabled'
    const code = Number(query.get(isSealed ? 'sealedcode' : 'activecode') ?? (isSealed ? 503 : 200))
    if (!Number.isInteger(code) || code < 200 || code > 599) return errorAnswer(400, 'invalid status code')
    return jsonAnswer(code, {
      initialized: true,
      sealed: isSealed,
      standby: isSealed,
      replication_performance_mode: replication,
      replication_dr_mode: replication,
      server_time_utc: Math.floor(now() / 1000),
      version,
      ...cluster(),
    })
  }
  const sealStatus = (): Answer =>
    jsonAnswer(200, {
      type: 'shamir',
      initialized: true,
      sealed: seal.isSealed(),
      t: 1,
      n: 1,
      progress: 0,
      nonce: '',
      recovery_seal: false,
      version,
      commit_date: '',
      migration: false,
      ...cluster(),
      storage_type: 'inmem',
    })
  const unseal = (key: unknown): Answer => {
    if (typeof key !== 'string' || key === '') {
      return errorAnswer(400, "'key' must be specified in request body as JSON, or 'reset' set to true")
    }
    return seal.unseal(key) ? sealStatus() : errorAnswer(400, 'invalid key: failed to decrypt keys from storage')
  }

  return ({ method, path, query, body }) => {
    const isReading = method === 'GET' || method === 'HEAD'
    const isWriting = method === 'POST' || method === 'PUT'
    const when = (isAllowed: boolean, answer: () => Answer) => (isAllowed ? answer() : errorAnswer(405, ''))
    switch (path) {
      case 'sys/health':
        return when(isReading, () => health(query))
      case 'sys/seal-status':
        return when(isReading, sealStatus)
      case 'sys/leader':
        return when(isReading, () => jsonAnswer(200, { ha_enabled: false }))
      case 'sys/init':
        if (isWriting) return errorAnswer(400, 'OpenBao is already initialized')
        return when(isReading, () => jsonAnswer(200, { initialized: true }))
      case 'sys/unseal':
        return when(isWriting, () => unseal(body.key))
    }
    return undefined
  }
}
