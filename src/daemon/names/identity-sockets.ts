import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyStore } from '../../agent/keys/key-store.ts'
import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import { isDeadSocket } from '../../core/files/dead-socket.ts'
import type { Logger } from '../../core/log.ts'
import type { UnixListener } from '../../ipc/sockets/unix-listener.ts'
import type { OnStream } from '../../ipc/sockets/unix-server.ts'
import { nameFault, nameOfSocket, namesOf } from './identity-names.ts'

/** The sockets on which one identity alone is served, for IdentityAgent of ssh_config. It owns them. */
export interface IdentitySockets {
  /** From now on these have a socket, and no others. */
  use(identities: ReadonlyMap<string, KeyStore>): void
  /** Resolves when what was asked for is done, or has failed. */
  settled(): Promise<void>
  /** What is wrong, for people to read. */
  faults(): readonly string[]
  close(): Promise<void>
}

/** What they need. */
export interface IdentitySocketsDeps {
  /** The runtime folder. */
  folder: string
  listen: (path: string, onStream: OnStream) => Promise<UnixListener>
  /** What happens to those who connect to the socket of one identity. @param stores the same array until it changes */
  serve: (stores: () => readonly KeyStore[]) => OnStream
  log: Logger
}

const nothing: readonly KeyStore[] = []

/** There are none yet. */
export function createIdentitySockets({ folder, listen, serve, log }: IdentitySocketsDeps): IdentitySockets {
  const listeners = new Map<string, UnixListener>()
  const faults = new Map<string, string>()
  let stores: ReadonlyMap<string, readonly KeyStore[]> = new Map()
  let queue: Promise<void> = Promise.resolve()
  let isClosed = false

  const open = async (name: string): Promise<void> => {
    if (listeners.has(name)) return
    try {
      const path = join(folder, namesOf(name).socket)
      listeners.set(
        name,
        await listen(
          path,
          serve(() => stores.get(name) ?? nothing),
        ),
      )
      faults.delete(name)
    } catch (error) {
      const fault = describeError(error)
      const hint = error instanceof CodedError ? error.hint : undefined
      if (faults.get(name) !== fault)
        log.warn('an identity has no socket', { identity: name, code: errorCode(error), reason: fault, hint })
      faults.set(name, fault)
    }
  }

  /** Takes away what daemons that were killed have left. */
  const sweep = async (): Promise<void> => {
    for (const file of await readdir(folder).catch(() => [])) {
      const name = nameOfSocket(file)
      if (name === undefined || stores.has(name)) continue
      const path = join(folder, file)
      const entry = await lstat(path).catch(() => undefined)
      const isLeft = entry?.isSocket() === true && entry.uid === process.getuid!() && (await isDeadSocket(path))
      if (isLeft) await rm(path, { force: true }).catch(() => {})
    }
  }

  const adapt = async (): Promise<void> => {
    for (const [name, listener] of listeners) {
      if (stores.has(name)) continue
      listeners.delete(name)
      await listener.close()
    }
    for (const name of faults.keys()) if (!stores.has(name)) faults.delete(name)
    await sweep()
    for (const name of stores.keys()) await open(name)
  }

  const use = (identities: ReadonlyMap<string, KeyStore>): void => {
    const usable = [...identities].filter(([name]) => nameFault(name) === undefined)
    const former = stores
    stores = new Map(
      usable.map(([name, store]) => [name, former.get(name)?.[0] === store ? former.get(name)! : [store]]),
    )
    queue = queue.then(adapt)
  }

  return {
    use(identities) {
      if (!isClosed) use(identities)
    },
    settled: () => queue,
    faults: () => [...faults.values()],
    async close() {
      isClosed = true
      use(new Map())
      await queue
    },
  }
}
