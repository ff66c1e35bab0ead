import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, removeFolder } from './temporary-folder.ts'

/** A file system of a test's own, with room for some files of settings. */
export interface SmallDisk {
  folder: string
  /** From now on nothing more can be written, though files and folders without content can be made. */
  fill(): void
  /** From now on nothing more can be made, though there is room in files. */
  fillEntries(): void
  /** Takes back what both have done. */
  free(): void
  /** To be called when nothing uses it any more. */
  close(): void
}

const options = 'size=1m,nr_inodes=200,mode=700'
const ballast = 'ballast'

/** Mounts one, for which the peer `mount:tmpfs` is needed. */
export function mountSmallDisk(): SmallDisk {
  const folder = makeFolder()
  const { status, stderr } = mountTmpfs(folder)
  if (status !== 0) throw new Error(stderr)
  return {
    folder,
    fill() {
      const file = openSync(join(folder, ballast), 'a')
      try {
        for (;;) writeSync(file, Buffer.alloc(4096))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    fillEntries() {
      mkdirSync(join(folder, ballast), { recursive: true })
      try {
        for (let count = 0; ; count += 1) writeFileSync(join(folder, ballast, String(count)), '')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    free: () => rmSync(join(folder, ballast), { recursive: true, force: true }),
    close: () => unmount(folder),
  }
}

/** Whether whoever runs the tests may mount one. */
export function canMountTmpfs(): boolean {
  const folder = makeFolder()
  const isMounted = mountTmpfs(folder).status === 0
  if (isMounted) unmount(folder)
  else removeFolder(folder)
  return isMounted
}

function mountTmpfs(folder: string) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' })
}

function unmount(folder: string): void {
  const { status, stderr } = spawnSync('umount', [folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  removeFolder(folder)
}
