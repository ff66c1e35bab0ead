import type { DevInstance } from './instance.ts'

/** The one machine of `latchkey dev`, which is this one: an sshd on it can be logged in to. */
export function thisMachine(console: string): DevInstance {
  return {
    id: 'i-0123456789abcdef0',
    account: '123456789012',
    region: 'us-east-1',
    state: 'running',
    publicDnsName: '',
    privateDnsName: 'localhost',
    privateAddress: '127.0.0.1',
    console,
    latestConsole: console,
  }
}
