/** The rooms that decide about keys and credentials, and where their unit tests are. */
export const rooms = {
  ssh: { source: 'ssh', tests: ['ssh'] },
  agent: { source: 'agent', tests: ['agent'] },
  plan: { source: 'aws/plan', tests: ['aws/plan', 'aws/config'] },
  session: { source: 'aws/session', tests: ['aws'] },
  token: { source: 'vault/token', tests: ['vault/token', 'vault/login'] },
}
