import { describe, expect, it } from 'vitest'
import { createIdentityLists } from '../../../../src/agent/keys/identity-lists.ts'
import { silentLogger } from '../../../../src/core/log.ts'

const part = (comment: string) => [{ keyBlob: Buffer.from(comment), comment }]

describe('the answers to lists', () => {
  it('are shared by all connections that see the same', () => {
    const lists = createIdentityLists({ log: silentLogger })
    const [one, two, none] = [part('one'), part('two'), []]
    const local = lists.answer([one, two])
    const forwarded = lists.answer([none, two])
    expect(forwarded).not.toBe(local)
    for (let round = 0; round < 2; round += 1) {
      expect(lists.answer([one, two])).toBe(local)
      expect(lists.answer([none, two])).toBe(forwarded)
    }
  })

  it('are other ones where a store has come or gone', () => {
    const lists = createIdentityLists({ log: silentLogger })
    const [one, two] = [part('one'), part('two')]
    const commentsOf = (parts: Parameters<typeof lists.answer>[0]) => {
      const answer = lists.answer(parts)
      return answer.type === 'identities-answer' ? answer.identities.map(({ comment }) => comment) : answer.type
    }
    expect(commentsOf([one])).toEqual(['one'])
    expect(commentsOf([one, two])).toEqual(['one', 'two'])
    expect(commentsOf([one])).toEqual(['one'])
  })

  it('have what several stores have once, where it comes first', () => {
    const lists = createIdentityLists({ log: silentLogger })
    const again = [{ keyBlob: Buffer.from('one'), comment: 'one of another agent' }]
    const answer = lists.answer([part('one'), part('two'), again])
    expect(answer).toMatchObject({ identities: [{ comment: 'one' }, { comment: 'two' }] })
  })

  it('have bare keys behind what is certified or was added, and what has been replaced last', () => {
    const lists = createIdentityLists({ log: silentLogger })
    const identity = (comment: string, behind?: 'certificates' | 'everything') => ({
      keyBlob: Buffer.from(comment),
      comment,
      ...(behind && { behind }),
    })
    const one = [identity('one'), identity('key of one', 'certificates'), identity('former one', 'everything')]
    const two = [identity('two'), identity('key of two', 'certificates')]
    const answer = lists.answer([one, two, part('added')])
    const comments = answer.type === 'identities-answer' && answer.identities.map(({ comment }) => comment)
    expect(comments).toEqual(['one', 'two', 'added', 'key of one', 'key of two', 'former one'])
  })

  it('are made anew when a store has changed, and the old ones are not kept', () => {
    const lists = createIdentityLists({ log: silentLogger })
    const one = part('one')
    const first = lists.answer([one])
    for (let other = 0; other < 7; other += 1) lists.answer([part(`other ${other}`)])
    expect(lists.answer([one])).toBe(first)
    for (let other = 0; other < 8; other += 1) lists.answer([part(`another ${other}`)])
    const again = lists.answer([one])
    expect(again).not.toBe(first)
    expect(again).toEqual(first)
  })
})
