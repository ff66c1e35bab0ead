import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { createFileWatch } from '../../../../src/daemon/process/file-watch.ts'
import { stepsOfPath } from '../../../../src/daemon/process/steps-of-path.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** A watch on folders that the test speaks for. */
function setUp(refuse?: string) {
  const clock = fakeClock()
  const folders = new Map<string, { onEntry: (name?: string) => void; onEnd: () => void }>()
  let changes = 0
  let closed = 0
  const watch = createFileWatch({
    clock,
    onChange: () => {
      changes += 1
    },
    watchFolder(folder, onEntry, onEnd) {
      if (refuse !== undefined) throw Object.assign(new Error(refuse), { code: refuse })
      folders.set(folder, { onEntry, onEnd })
      const close = () => {
        closed += 1
      }
      return { close }
    },
  })
  return { clock, watch, folders, changes: () => changes, closed: () => closed }
}

describe('a file watch', () => {
  it('reports once what comes together, and in time what does not end', () => {
    const folder = temporaryFolder()
    const { clock, watch, folders, changes } = setUp()
    watch.follow([join(folder, 'config.toml')])
    const { onEntry } = folders.get(folder)!
    for (let count = 0; count < 3; count += 1) {
      onEntry('config.toml')
      clock.advance(50)
    }
    expect(changes()).toBe(0)
    clock.advance(50)
    expect(changes()).toBe(1)
    for (let count = 0; count < 10; count += 1) {
      onEntry('config.toml')
      clock.advance(50)
    }
    expect(changes()).toBe(2)
    watch.close()
    clock.advance(1_000)
    expect([changes(), clock.pendingTimers()]).toEqual([2, 0])
  })

  it('ignores other files, but not the folder itself', () => {
    const folder = temporaryFolder()
    const { clock, watch, folders, changes } = setUp()
    watch.follow([join(folder, 'config.toml')])
    folders.get(folder)!.onEntry('.config.toml.swp')
    expect(clock.pendingTimers()).toBe(0)
    folders.get(folder)!.onEntry(basename(folder))
    clock.advance(100)
    folders.get(folder)!.onEntry(undefined)
    clock.advance(100)
    expect(changes()).toBe(2)
  })

  it.each(['ENOSPC', 'EMFILE', 'ENOSYS'])('looks twice a second if the system refuses with %s', (code) => {
    const { clock, watch, changes } = setUp(code)
    watch.follow([join(temporaryFolder(), 'config.toml')])
    clock.advance(1_000)
    expect(changes()).toBe(2)
    watch.close()
    expect(clock.pendingTimers()).toBe(0)
  })

  it('does not poll for a folder that is not ours to list, and does when a watch ends', () => {
    const refused = setUp('EACCES')
    refused.watch.follow([join(temporaryFolder(), 'config.toml')])
    expect(refused.clock.pendingTimers()).toBe(0)
    const folder = temporaryFolder()
    const { clock, watch, folders, changes, closed } = setUp()
    watch.follow([join(folder, 'config.toml')])
    folders.get(folder)!.onEnd()
    clock.advance(500)
    expect(changes()).toBe(1)
    const watched = folders.size
    watch.follow([join(folder, 'config.toml')])
    expect([closed(), clock.pendingTimers()]).toEqual([watched, 0])
  })

  it('notices the changes of a real file system', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'etc/config.toml')
    let changes = 0
    const clock = createSystemClock(() => performance.now() / 1000)
    const watch = createFileWatch({
      clock,
      onChange: () => {
        changes += 1
        watch.follow([path])
      },
    })
    onTestFinished(watch.close)
    watch.follow([path])
    const after = async (edit: () => void) => {
      const before = changes
      edit()
      await vi.waitUntil(() => changes > before, { timeout: 10_000, interval: 5 })
    }
    await after(() => mkdirSync(join(folder, 'etc')))
    await after(() => writeFileSync(path, 'a'))
    await after(() => writeFileSync(path, 'b'))
    await after(() => {
      writeFileSync(`${path}.new`, 'c')
      renameSync(`${path}.new`, path)
    })
    await after(() => renameSync(join(folder, 'etc'), join(folder, 'old')))
    await after(() => symlinkSync('old', join(folder, 'etc')))
    await after(() => rmSync(path))
  })
})

describe('the steps of a path', () => {
  it('follow links, up to the first missing entry', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    symlinkSync('a/b', join(folder, 'link'))
    symlinkSync('../../config.toml', join(folder, 'a/b/config.toml'))
    const steps = stepsOfPath(join(folder, 'link/config.toml'))
    expect([...(steps.get(folder) ?? [])].sort()).toEqual(['a', 'config.toml', 'link'])
    expect([...(steps.get(join(folder, 'a/b')) ?? [])]).toEqual(['config.toml'])
    expect(steps.has('/')).toBe(true)
  })

  it('end in a circle of links, and where nothing exists', () => {
    const folder = temporaryFolder()
    symlinkSync('two', join(folder, 'one'))
    symlinkSync('one', join(folder, 'two'))
    expect([...stepsOfPath(join(folder, 'one/x')).get(folder)!].sort()).toEqual(['one', 'two'])
    expect(stepsOfPath(join(folder, 'none/x/y')).has(join(folder, 'none'))).toBe(false)
  })
})
