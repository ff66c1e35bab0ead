import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hunkBetween, withoutHunks } from '../../../../src/aws/files/line-hunks.ts'

describe('a change of lines', () => {
  it('is where the texts differ, with what stands before it', () => {
    expect(hunkBetween('a\r\nb\r\nc\r\nd', 'a\r\nb\r\nx\r\ny\r\nd')).toEqual({
      at: 2,
      context: ['a\r\n', 'b\r\n'],
      removed: ['c\r\n'],
      added: ['x\r\n', 'y\r\n'],
    })
    expect(hunkBetween('a\n', 'a\n')).toBeUndefined()
  })

  it('is undone, whatever the texts are', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\r\n', '\n', 'c'), { maxLength: 12 }).map((lines) => lines.join(''))
    fc.assert(
      fc.property(text, text, text, (one, two, three) => {
        const hunks = [hunkBetween(one, two), hunkBetween(two, three)].flatMap((hunk) => hunk ?? [])
        const undone = withoutHunks(three, hunks)
        // A text that looks as if it had been undone already is taken for one.
        const isAmbiguous = hunks.some(({ added }) => added.length === 0)
        if (!isAmbiguous || undone !== three) expect(undone).toBe(one)
      }),
    )
  })
})

describe('a change in a text that was edited since', () => {
  const [before, after] = ['[a]\nx\n[b]\nkey\nsecret\nregion\n', '[a]\nx\n[b]\nregion\n']
  const hunks = [hunkBetween(before, after)!]

  it('is undone where it is found', () => {
    expect(withoutHunks(`# new\n\n${after}more\n`, hunks)).toBe(`# new\n\n${before}more\n`)
  })

  it('is not found where its place is gone, or is twice there', () => {
    expect(withoutHunks('[a]\nregion\n', hunks)).toBeUndefined()
    expect(withoutHunks(`0\n${after}${after}`, hunks)).toBeUndefined()
  })

  it('is not undone twice', () => {
    expect(withoutHunks(before, hunks)).toBe(before)
    expect(withoutHunks(`# new\n${before}`, hunks)).toBe(`# new\n${before}`)
  })
})
