import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import type { ConfigFault } from '../config/load-config.ts'
import { reportedError } from './api-errors.ts'

/** What of config.toml does not count, as the API tells it. @param file the path of config.toml */
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
