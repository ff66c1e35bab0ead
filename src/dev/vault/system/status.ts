import type { VaultCall } from '../call.ts'
import { type Answer, errorAnswer, jsonAnswer } from '../reply.ts'
import type { DevVaultState } from '../state.ts'

/** The version that this server claims: the one whose answers it was compared with. */
const version = '2.0.0-HEAD'

/** How a server is named. */
export type Cluster = Pick<DevVaultState, 'clusterId' | 'clusterName'>

const shownCluster = (cluster: Cluster, isSealed: boolean) =>
  isSealed ? {} : { cluster_name: cluster.clusterName, cluster_id: cluster.clusterId }

/** `sys/health`. @param query may choose the status of the answer */
export function healthAnswer(cluster: Cluster, query: URLSearchParams, nowMs: number, isSealed = false): Answer {
  const replication = isSealed ? 'unknown' : 'disabled'
  const code = Number(query.get(isSealed ? 'sealedcode' : 'activecode') ?? (isSealed ? 503 : 200))
  if (!Number.isInteger(code) || code < 200 || code > 599) return errorAnswer(400, 'invalid status code')
  return jsonAnswer(code, {
    initialized: true,
    sealed: isSealed,
    standby: isSealed,
    replication_performance_mode: replication,
    replication_dr_mode: replication,
    server_time_utc: Math.floor(nowMs / 1000),
    version,
    ...shownCluster(cluster, isSealed),
  })
}

/** `sys/seal-status`. */
export function sealStatusAnswer(cluster: Cluster, isSealed = false): Answer {
  return jsonAnswer(200, {
    type: 'shamir',
    initialized: true,
    sealed: isSealed,
    t: 1,
    n: 1,
    progress: 0,
    nonce: '',
    recovery_seal: false,
    version,
    commit_date: '',
    migration: false,
    ...shownCluster(cluster, isSealed),
    storage_type: 'inmem',
  })
}

/** The calls that need no token and stand outside the envelope: health, seal status, leader, init. Undefined for others. */
export function statusAnswer(cluster: Cluster, { method, path, query }: VaultCall, nowMs: number): Answer | undefined {
  const isWriting = method === 'POST' || method === 'PUT'
  const whenRead = (answer: () => Answer) => (['GET', 'HEAD'].includes(method) ? answer() : errorAnswer(405, ''))
  switch (path) {
    case 'sys/health':
      return whenRead(() => healthAnswer(cluster, query, nowMs))
    case 'sys/seal-status':
      return whenRead(() => sealStatusAnswer(cluster))
    case 'sys/leader':
      return whenRead(() => jsonAnswer(200, { ha_enabled: false }))
    case 'sys/init':
      if (isWriting) return errorAnswer(400, 'OpenBao is already initialized')
      return whenRead(() => jsonAnswer(200, { initialized: true }))
  }
  return undefined
}
