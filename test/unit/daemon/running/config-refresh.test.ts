import { expect, it } from 'vitest'
import { ConfigError } from '../../../../src/daemon/config/config.ts'
import type { LoadedConfig } from '../../../../src/daemon/config/load-config.ts'
import { createConfigRefresh } from '../../../../src/daemon/running/config-refresh.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recordingLog, until } from '../../../support/vault-world.ts'

function setUp() {
  const clock = fakeClock()
  const { log, lines } = recordingLog()
  const applied: LoadedConfig[] = []
  let next = { hasText: true, faults: [], warnings: [] } as unknown as LoadedConfig
  let loads = 0
  let failure: Error | undefined
  let hold = Promise.resolve()
  const refresh = createConfigRefresh({
    clock,
    log,
    former: () => applied.at(-1),
    async load() {
      loads += 1
      await hold
      return next
    },
    async apply(loaded) {
      if (failure !== undefined) throw failure
      applied.push(loaded)
    },
  })
  return {
    clock,
    refresh,
    lines,
    applied,
    loads: () => loads,
    becomes(loaded: Partial<LoadedConfig>) {
      next = { hasText: true, faults: [], warnings: [], ...loaded } as unknown as LoadedConfig
    },
    failApply(error: Error) {
      failure = error
    },
    holdLoads() {
      let go = () => {}
      hold = new Promise((resolve) => {
        go = resolve
      })
      return go
    },
  }
}

it('loads once more for changes that come while it loads, but not more often', async () => {
  const { refresh, holdLoads, applied, loads } = setUp()
  const go = holdLoads()
  const first = refresh.refresh()
  for (let count = 0; count < 5; count += 1) refresh.touch()
  go()
  await first
  expect([loads(), applied.length]).toEqual([2, 2])
})

it('believes that a file is empty only if it stays so for half a second', async () => {
  const { clock, refresh, becomes, applied, loads } = setUp()
  await refresh.refresh()
  becomes({ hasText: false })
  await refresh.refresh()
  clock.advance(499)
  await refresh.refresh()
  expect(applied.map(({ hasText }) => hasText)).toEqual([true])
  clock.advance(1)
  await until(() => loads() === 4)
  await refresh.refresh()
  expect(applied.slice(0, 2).map(({ hasText }) => hasText)).toEqual([true, false])
})

it('resolves when the file is in effect, and logs what cannot be', async () => {
  const { refresh, holdLoads, applied, lines, failApply } = setUp()
  const go = holdLoads()
  const caughtUp = refresh.catchUp()
  expect(applied).toEqual([])
  go()
  await caughtUp
  expect(applied.length).toBe(1)
  failApply(new Error('no room'))
  await refresh.catchUp()
  expect(lines.join()).toContain('the configuration cannot be applied')
  await expect(refresh.refresh()).rejects.toThrow('no room')
})

it('forgets about it if the text comes back', async () => {
  const { clock, refresh, becomes, applied } = setUp()
  await refresh.refresh()
  becomes({ hasText: false })
  await refresh.refresh()
  becomes({})
  await refresh.refresh()
  clock.advance(1_000)
  becomes({ hasText: false })
  await refresh.refresh()
  expect(applied.map(({ hasText }) => hasText)).toEqual([true, true])
})

it('believes an empty file at the start', async () => {
  const { refresh, becomes, applied } = setUp()
  becomes({ hasText: false })
  await refresh.refresh()
  expect(applied).toHaveLength(1)
})

it('logs each mistake once, for as long as it lasts', async () => {
  const { refresh, becomes, lines } = setUp()
  const error = new ConfigError('CONFIG_INVALID', '/c:1:2: x')
  const wrong = { faults: [{ section: 'vault.a', effect: 'off' as const, error }], warnings: ['w'] }
  becomes(wrong)
  await refresh.refresh()
  await refresh.refresh()
  expect(lines).toEqual([
    'error: config.toml code=CONFIG_INVALID section=vault.a effect=off reason="/c:1:2: x"',
    'warn: config.toml reason=w',
  ])
  becomes({})
  await refresh.refresh()
  becomes(wrong)
  await refresh.refresh()
  expect(lines).toHaveLength(4)
})

it('applies nothing after its end, and reports what it cannot apply', async () => {
  const { refresh, applied, lines, becomes } = setUp()
  becomes({ faults: undefined as never })
  refresh.touch()
  await until(() => lines.length > 0)
  expect(lines[0]).toContain('the configuration cannot be applied')
  refresh.stop()
  await refresh.refresh()
  expect(applied).toHaveLength(1)
})
