/** A machine of the embedded EC2. */
export interface DevInstance {
  id: string
  /** 12 digits. */
  account: string
  region: string
  state: keyof typeof stateCodes
  /** Empty where it has none, as while it is stopped. */
  publicDnsName: string
  privateDnsName: string
  publicAddress?: string
  privateAddress?: string
  ipv6Address?: string
  /** What was posted to the console shortly after it last started or stopped; empty until then. */
  console: string | Uint8Array
  /** What is on the console now; absent: no hardware of AWS's that could tell (no Nitro). */
  latestConsole?: string | Uint8Array
}

/** The numbers of the states (EC2 API reference, InstanceState). */
export const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const
