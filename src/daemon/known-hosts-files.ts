import { join } from 'node:path'
import { describeError } from '../core/errors.ts'
import { readWholeFile } from '../core/files/read-file.ts'
import type { Logger } from '../core/log.ts'
import { expandHome } from '../core/places/paths.ts'
import { missing, versionOf } from './process/watched-files.ts'

/** A hundred thousand hosts. */
const maxBytes = 16 * 1024 * 1024

/** Where ssh looks by itself (ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile). */
function usualFiles(home: string): readonly string[] {
  const own = ['known_hosts', 'known_hosts2'].map((name) => join(home, '.ssh', name))
  return [...own, '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
}

/** What reading them needs. */
export interface KnownHostsFilesDeps {
  home: string
  /** The setting; undefined: the usual files. Called each time. */
  configured: () => readonly string[] | undefined
  log: Logger
}

/**
 * A function that returns the contents of the known_hosts files. Each is looked at each time, and read when it has changed. A
 * file that cannot be read counts as empty; the log says why, once for each reason.
 */
export function createKnownHostsFiles({ home, configured, log }: KnownHostsFilesDeps): () => Promise<Buffer[]> {
  let held = new Map<string, { version: string; contents: Buffer }>()

  const read = async (path: string): Promise<{ version: string; contents: Buffer }> => {
    const version = await versionOf(path).catch(describeError)
    const former = held.get(path)
    if (former?.version === version) return former
    const options = { maxBytes, isTrusted: true } as const
    const contents = await readWholeFile(path, options).catch((error: unknown) => {
      if (version !== missing) log.warn('known_hosts is not used', { reason: describeError(error) })
      return Buffer.alloc(0)
    })
    return { version, contents }
  }

  return async () => {
    const paths = configured()?.map((path) => expandHome(path, home)) ?? usualFiles(home)
    const files = await Promise.all(paths.map(read))
    held = new Map(paths.map((path, index) => [path, files[index]!]))
    return files.map(({ contents }) => contents)
  }
}
