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
  /** The file of the host CAs, beside the others; undefined: there is none. Called each time. */
  ofHostCas: () => string | undefined
  log: Logger
}

/** The known_hosts files. */
export interface KnownHostsFiles {
  paths(): readonly string[]
  /** What is in them. */
  read(): Promise<Buffer[]>
}

/**
 * Each is looked at each time, and read when it has changed. A file that cannot be read counts as empty; the log says why,
 * once for each reason.
 */
export function createKnownHostsFiles({ home, configured, ofHostCas, log }: KnownHostsFilesDeps): KnownHostsFiles {
  let held = new Map<string, { version: string; contents: Buffer }>()

  const readFile = async (path: string): Promise<{ version: string; contents: Buffer }> => {
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

  const paths = () => {
    const others = configured()?.map((path) => expandHome(path, home)) ?? usualFiles(home)
    return [...others, ...[ofHostCas() ?? []].flat()]
  }

  return {
    paths,
    async read() {
      const present = paths()
      const files = await Promise.all(present.map(readFile))
      held = new Map(present.map((path, index) => [path, files[index]!]))
      return files.map(({ contents }) => contents)
    },
  }
}
