/** How much of the process its clients may use together. */
export interface Limits {
  /** @param otherAgents each connection may have one to each of them */
  agentConnections: (otherAgents: number) => number
  apiConnections: number
  /** Signatures in Node's thread pool at once. */
  poolSignatures: number
}

/** What the limits are worked out from. */
export interface LimitsInput {
  /** `/proc/self/limits` (proc(5)); undefined where there is none. */
  processLimits: string | undefined
  /** UV_THREADPOOL_SIZE, as libuv reads it. */
  threadPoolSize: string | undefined
  cores: number
}

/** More than anybody has at once, but few enough to hold what they may send. */
const mostAgentConnections = 1024
const mostApiConnections = 256
/** Used if the limit cannot be read: Node raises its limit to the hard limit, which is hardly ever lower. */
const defaultDescriptors = 1024
const defaultThreads = 4

/**
 * Half of the descriptors for agent connections, a quarter for the local API, the rest for files and servers, so that a
 * crowd of clients leaves enough to reach Vault. Half of the thread pool for slow signatures, and no more than there are
 * cores: none is kept for the event loop, which takes its share of one. Measured with two cores and eight clients that sign
 * with RSA without pause: p99 of a list 4.1 ms instead of 2.6, and 24.6 ms with ssh-agent.
 */
export function limitsOf({ processLimits, threadPoolSize, cores }: LimitsInput): Limits {
  const descriptors = descriptorLimit(processLimits)
  const threads = Number(threadPoolSize) > 0 ? Number(threadPoolSize) : defaultThreads
  return {
    agentConnections: (otherAgents) =>
      Math.max(1, Math.min(mostAgentConnections, Math.floor(descriptors / 2 / (1 + otherAgents)))),
    apiConnections: Math.max(1, Math.min(mostApiConnections, Math.floor(descriptors / 4))),
    poolSignatures: Math.max(1, Math.min(Math.floor(threads / 2), cores)),
  }
}

function descriptorLimit(processLimits: string | undefined): number {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(processLimits ?? '')?.[1]
  if (soft === undefined) return defaultDescriptors
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}
