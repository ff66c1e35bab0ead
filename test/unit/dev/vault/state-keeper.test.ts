import { describe, expect, it } from 'vitest'
import { openState, parseState } from '../../../../src/dev/vault/state-keeper.ts'

const begin = () => parseState('{"version":2,"policies":{}}')

describe('the keeper of the state', () => {
  it('saves what it has begun, and then only what has changed', async () => {
    const saved: string[] = []
    const keeper = await openState({ load: () => undefined, save: (text) => void saved.push(text) }, begin)
    await keeper.flush()
    await keeper.flush()
    expect(saved).toHaveLength(1)
    keeper.state.policies.a = 'text'
    keeper.changed()
    await keeper.flush()
    expect(saved).toHaveLength(2)
    expect(saved[1]).toContain('"a":"text"')
  })

  it('saves one state at a time, and the next save has all that happened meanwhile', async () => {
    const saved: string[] = []
    const waiting: (() => void)[] = []
    const storage = {
      load: () => JSON.stringify(begin()),
      save: (text: string) => {
        saved.push(text)
        return new Promise<void>((resolve) => void waiting.push(resolve))
      },
    }
    const keeper = await openState(storage, begin)
    const change = (name: string) => {
      keeper.state.policies[name] = ''
      keeper.changed()
      return keeper.flush()
    }
    const first = change('a')
    await new Promise(setImmediate)
    const others = [change('b'), change('c')]
    await new Promise(setImmediate)
    expect(saved).toHaveLength(1)
    waiting.shift()!()
    await first
    await new Promise(setImmediate)
    expect(saved).toHaveLength(2)
    expect(saved[1]).toContain('"c"')
    waiting.shift()!()
    await Promise.all(others)
  })

  it('tries again after a save that failed', async () => {
    let attempts = 0
    const storage = {
      load: () => undefined,
      save() {
        attempts += 1
        if (attempts === 1) throw new Error('disk full')
      },
    }
    const keeper = await openState(storage, begin)
    await expect(keeper.flush()).rejects.toThrow('disk full')
    await keeper.flush()
    expect(attempts).toBe(2)
  })

  it('keeps everything in memory where there is no storage', async () => {
    const keeper = await openState(undefined, begin)
    keeper.changed()
    await keeper.flush()
    expect(keeper.state.version).toBe(2)
  })
})
