import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import type { ConfigFault } from '../config/load-config.ts'
import { reportedError } from './api-errors.ts'

/** The parts of config.toml that have no effect, as the API reports them. @param file the path of config.toml */
export function reportConfig(
  file: string,
  { faults, warnings }: { faults: readonly ConfigFault[]; warnings: readonly string[] },
): ConfigReport {
  const errors = faults.map(({ section, effect, error }) => ({
    ...reportedError(error),
    ...(section === undefined ? {} : { section }),
    effect,
  }))
  return { file, errors, warnings }
}
