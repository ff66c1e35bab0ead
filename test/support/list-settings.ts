export { plainLists } from '../../src/agent/destination/arrangement.ts'

/** No known_hosts file. */
export const noKnownHosts = async (): Promise<Buffer[]> => []
