import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { removeOwnFile } from './atomic-file.ts'

/** A file that is there for one process alone. */
export interface ProcessFile {
  path: string
  /** It never fails: what is left is swept later. */
  remove(): Promise<void>
}

/** Where such files are: the folder, and how their names begin. */
export interface ProcessFilePlace {
  folder: string
  prefix: string
}

/**
 * Writes a file that only its user reads, under a name of its own in which the id of its process stands.
 * @param pid of the process that removes it when it ends
 * @throws the file system's error
 */
export async function writeProcessFile(
  { folder, prefix }: ProcessFilePlace,
  pid: number,
  content: string,
): Promise<ProcessFile> {
  const path = join(folder, `${prefix}.${pid}.${randomBytes(6).toString('hex')}`)
  await writeFile(path, content, { flag: 'wx', mode: 0o600 })
  return { path, remove: () => rm(path, { force: true }).catch(() => {}) }
}

/** Removes the files of processes that were killed. It never fails. */
export async function sweepProcessFiles({ folder, prefix }: ProcessFilePlace): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const [, pid] = name.startsWith(`${prefix}.`)
      ? (/^\.(\d+)\.[0-9a-f]{12}$/.exec(name.slice(prefix.length)) ?? [])
      : []
    if (pid !== undefined && !isProcessAlive(Number(pid))) await removeOwnFile(join(folder, name))
  }
}

/** Whether there is a process with this id, of any user. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}
