import { describe, expect, it } from 'vitest'
import { createInTurn } from '../../../../src/core/calls/in-turn.ts'
import { settle } from '../../../support/agent-issuer.ts'

function setUp() {
  const inTurn = createInTurn()
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const run = (key: string, name: string) =>
    inTurn.run(key, () => {
      begun.push(name)
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)))
      })
    })
  return { inTurn, begun, run, end: (name: string, error?: Error) => ends.get(name)!(error) }
}

describe('work that is run in turn', () => {
  it('begins when all earlier work under its key has settled, in the order of arrival', async () => {
    const { begun, run, end } = setUp()
    const [a, b] = ['a', 'b', 'c'].map((name) => run('key', name))
    await settle()
    expect(begun).toEqual(['a'])
    end('a')
    expect(await a).toBe('a')
    await settle()
    expect(begun).toEqual(['a', 'b'])
    end('b')
    expect(await b).toBe('b')
    await settle()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  it('does not wait for work of another key', async () => {
    const { begun, run } = setUp()
    void run('one', 'a')
    void run('two', 'b')
    await settle()
    expect(begun).toEqual(['a', 'b'])
  })

  it('goes on after work that fails, and only its own caller sees the failure', async () => {
    const { begun, run, end } = setUp()
    const failing = run('key', 'a')
    const next = run('key', 'b')
    await settle()
    end('a', new Error('broken'))
    await expect(failing).rejects.toThrow('broken')
    await settle()
    expect(begun).toEqual(['a', 'b'])
    end('b')
    expect(await next).toBe('b')
  })

  it('treats work that throws at once as work that fails', async () => {
    const { inTurn } = setUp()
    const broken = () => {
      throw new Error('broken')
    }
    await expect(inTurn.run('key', broken)).rejects.toThrow('broken')
    expect(await inTurn.run('key', () => 'well')).toBe('well')
  })

  it('starts again after its queue was empty, even behind work that arrives at that moment', async () => {
    const { begun, run, end } = setUp()
    const a = run('key', 'a')
    await settle()
    end('a')
    void a.then(() => run('key', 'b'))
    void a.then(() => run('key', 'c'))
    await settle()
    expect(begun).toEqual(['a', 'b'])
  })
})
