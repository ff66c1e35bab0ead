import { describe, expect, it } from 'vitest'
import { createByteBudget } from '../../../../src/core/limits/byte-budget.ts'
import { noChurn } from '../../../support/churn.ts'

function setUp(maxBytes: number) {
  const gone: string[] = []
  const budget = createByteBudget({ maxBytes, churn: noChurn })
  return { gone, open: (name: string) => budget.open(() => gone.push(name)) }
}

describe('a budget of bytes', () => {
  it('closes nobody while everything fits', () => {
    const { open, gone } = setUp(10)
    open('a').set(4)
    open('b').set(6)
    expect(gone).toEqual([])
  })

  it('closes the connections that have held bytes for longest, until the rest fits', () => {
    const { open, gone } = setUp(10)
    for (const name of ['a', 'b', 'c']) open(name).set(3)
    open('d').set(7)
    expect(gone).toEqual(['a', 'b'])
  })

  it('counts from when bytes were first held, and starts again after none were', () => {
    const { open, gone } = setUp(10)
    const [a, b] = [open('a'), open('b')]
    a.set(1)
    b.set(4)
    a.set(5)
    b.set(0)
    b.set(4)
    open('c').set(2)
    expect(gone).toEqual(['a'])
  })

  it('closes a connection that asks for more than the whole budget', () => {
    const { open, gone } = setUp(10)
    const a = open('a')
    a.set(11)
    expect(gone).toEqual(['a'])
    open('b').set(10)
    expect(gone).toEqual(['a'])
  })

  it('counts nothing twice when a closed connection releases its bytes', () => {
    const { open, gone } = setUp(10)
    const a = open('a')
    a.set(6)
    const b = open('b')
    b.set(6)
    a.set(0)
    open('c').set(4)
    expect(gone).toEqual(['a'])
    open('d').set(1)
    expect(gone).toEqual(['a', 'b'])
  })
})
