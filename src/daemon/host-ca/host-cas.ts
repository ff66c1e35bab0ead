import { isDeepStrictEqual } from 'node:util'
import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { hostCaFile } from '../../core/places/paths.ts'
import { createLastOutcome } from '../../core/renewal/last-outcome.ts'
import type { Clock } from '../../core/time/clock.ts'
import { settledWithin } from '../../core/time/settled-within.ts'
import type { HostCaConfig } from '../config/config.ts'
import type { RunningVault } from '../running/running-vault.ts'
import { writeHostCaFile } from './host-ca-file.ts'
import { hostCaLines } from './host-ca-lines.ts'
import { createLastKnownFile, type KnownCa } from './last-known-file.ts'
import { type RunningHostCa, startHostCa } from './running-host-ca.ts'

/** The CAs of hosts that config.toml names, and the file of their lines, whose only writer it is. */
export interface HostCas {
  /**
   * These are the sections now, and the vaults that they name. Resolves when the file has what is known of them, and waits
   * for no server. It never rejects.
   */
  use(wanted: readonly HostCaConfig[], vaults: readonly RunningVault[]): Promise<void>
  /** Asks the servers anew. Resolves when they have answered and the file is written, or some seconds have passed. */
  look(): Promise<void>
  all(): readonly RunningHostCa[]
  /** The lines of one for known_hosts. */
  linesOf(ca: RunningHostCa): readonly string[]
  /** The file; undefined while there is no section. */
  file(): string | undefined
  /** What is wrong with the file, for people to read. */
  fileFaults(): readonly string[]
  /** The same, and what is wrong with each of them. */
  faults(): readonly string[]
  /** Asks no more; the file stays. */
  stop(): void
}

/** What they need. */
export interface HostCasDeps {
  /** The folder of the file, and of those sockets that the service manager has not passed. */
  runtimeFolder: string
  /** Keeps what is known for the next start. */
  hostCasFile: string
  clock: Clock
  random: () => number
  log: Logger
}

/** Who asks by a command does not wait longer for a server that is away, in ms. */
const longestWaitMs = 5_000

/** There are none yet. */
export function createHostCas({ runtimeFolder, hostCasFile, clock, random, log }: HostCasDeps): HostCas {
  const path = hostCaFile(runtimeFolder)
  const lastKnown = createLastKnownFile(hostCasFile, log)
  const writing = createLastOutcome(clock)
  let stored: ReadonlyMap<string, KnownCa> | undefined
  let cas: readonly RunningHostCa[] = []
  // One at a time, so that the newest one is what stays.
  let queue: Promise<void> = Promise.resolve()

  const linesOf = ({ config, known }: RunningHostCa) => hostCaLines(config, known()?.keys ?? [])

  const fileFaults = () => (writing.failure() === undefined ? [] : [faultOf(writing.error(), path)])

  const writeLines = async (): Promise<void> => {
    try {
      await writeHostCaFile(path, cas.length === 0 ? undefined : cas.flatMap(linesOf))
      writing.succeeded()
    } catch (error) {
      if (writing.failed(error))
        log.warn('ssh does not know the host CAs', { code: errorCode(error), reason: faultOf(error, path) })
    }
  }

  const store = async (): Promise<void> => {
    const known = new Map(cas.flatMap((ca) => (ca.known() === undefined ? [] : [[originOf(ca), ca.known()!]])))
    if (isDeepStrictEqual(known, stored)) return
    stored = known
    await lastKnown.write(known)
  }

  const write = (): Promise<void> => {
    queue = queue.then(writeLines).then(store)
    return queue
  }

  const start = (config: HostCaConfig, vault: RunningVault): RunningHostCa =>
    startHostCa(config, vault, {
      known: stored?.get(originOf({ config, vault })),
      onChange: () => void write(),
      clock,
      random,
      log,
    })

  return {
    async use(wanted, vaults) {
      stored ??= await lastKnown.read()
      const former = cas
      cas = wanted.map((config) => {
        const vault = vaults.find((one) => one.config.name === config.vault)!
        const same = former.find((ca) => ca.vault === vault && isDeepStrictEqual(ca.config, config))
        return same ?? start(config, vault)
      })
      for (const ca of former) if (!cas.includes(ca)) ca.stop()
      await write()
    },
    async look() {
      const looks = Promise.all(cas.map((ca) => ca.look())).then(() => queue)
      await settledWithin(clock, longestWaitMs, looks)
      // What somebody has put right since, such as a file that was in the way.
      if (writing.failure() !== undefined) await write()
    },
    all: () => cas,
    linesOf,
    file: () => (cas.length === 0 ? undefined : path),
    fileFaults,
    faults: () => [
      ...fileFaults(),
      ...cas.flatMap((ca) =>
        ca.error() === undefined ? [] : [`host CA ${ca.config.name}: ${describeError(ca.error())}`],
      ),
    ],
    stop() {
      for (const ca of cas) ca.stop()
    },
  }
}

/** Where the keys of a CA come from: what was read elsewhere is not believed of it. */
function originOf({ config: { mount, issuers }, vault }: Pick<RunningHostCa, 'config' | 'vault'>): string {
  const { address, namespace } = vault.config
  return JSON.stringify([address, namespace ?? '', mount, ...issuers])
}

/** The system's own message names a temporary file, another one each time. */
function faultOf(error: unknown, path: string): string {
  const code = errorCode(error)
  return code?.startsWith('HOST_CA_')
    ? describeError(error)
    : `${path} cannot be written: ${code ?? describeError(error)}`
}
