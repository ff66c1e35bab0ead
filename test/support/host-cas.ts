import type { ConfigService } from '../../src/daemon/running/config-service.ts'

/** A configuration without a CA of hosts. */
export const noHostCas: ConfigService['hostCas'] = {
  look: async () => {},
  all: () => [],
  linesOf: () => [],
  file: () => undefined,
  fileFaults: () => [],
  faults: () => [],
  off: () => new Map(),
}
