import { describe, expect, it } from 'vitest'
import { createTurns } from '../../../../src/core/calls/turns.ts'
import { settle } from '../../../support/agent-issuer.ts'

function setUp(atOnce: number) {
  const turns = createTurns(atOnce)
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const run = (name: string) =>
    turns.run(() => {
      begun.push(name)
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)))
      })
    })
  return { begun, run, end: (name: string, error?: Error) => ends.get(name)!(error) }
}

describe('turns', () => {
  it('run as many at once as allowed, the others in their order', async () => {
    const { begun, run, end } = setUp(2)
    const [a] = ['a', 'b', 'c', 'd'].map(run)
    await settle()
    expect(begun).toEqual(['a', 'b'])
    end('a')
    expect(await a).toBe('a')
    await settle()
    expect(begun).toEqual(['a', 'b', 'c'])
    end('c')
    await settle()
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
  })

  it('go on after one that fails', async () => {
    const { begun, run, end } = setUp(1)
    const [a] = ['a', 'b'].map(run)
    await settle()
    end('a', new Error('broken'))
    await expect(a).rejects.toThrow('broken')
    await settle()
    expect(begun).toEqual(['a', 'b'])
  })

  it('are free again once all have ended', async () => {
    const { begun, run, end } = setUp(1)
    const a = run('a')
    await settle()
    end('a')
    await a
    void run('b')
    await settle()
    expect(begun).toEqual(['a', 'b'])
  })
})
