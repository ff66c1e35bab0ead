import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new folder that is removed when the running test ends. Its path is short enough for a socket in it. */
export function temporaryFolder(): string {
  const folder = makeFolder()
  onTestFinished(() => removeFolder(folder))
  return folder
}

/** For `beforeAll`, which must call `removeFolder` in its `afterAll`. */
export function makeFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'lk-')))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
