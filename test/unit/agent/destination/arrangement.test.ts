import { expect, it } from 'vitest'
import { arrange, type ListSettings } from '../../../../src/agent/destination/arrangement.ts'
import type { Identity, KeyStore } from '../../../../src/agent/keys/key-store.ts'
import { stubKeyStore } from '../../../support/stub-key-store.ts'

const settings: ListSettings = { order: 'identities-first', unboundMax: 2, hosts: [], addedHosts: new Map() }
const store = (isAdded: boolean): KeyStore => stubKeyStore({ isAdded })
const identity = (comment: string, behind?: Identity['behind']): Identity => ({
  keyBlob: Buffer.from(comment),
  comment,
  ...(behind && { behind }),
})

it('bare keys and what was replaced come behind everything, and are cut first', () => {
  const parts = [
    { store: store(false), identities: [identity('one'), identity('key of one', 'certificates')] },
    { store: store(false), identities: [identity('two'), identity('former two', 'everything')] },
    { store: store(true), identities: [identity('added')] },
  ]
  const commentsFor = (mayBeCut: boolean) =>
    arrange(parts, { destination: undefined, mayBeCut }, settings).map(({ comment }) => comment)
  expect(commentsFor(false)).toEqual(['one', 'two', 'added', 'key of one', 'former two'])
  expect(commentsFor(true)).toEqual(['one', 'two', 'added'])
})

it('keys of other agents come behind what is configured and behind added keys, whichever of those is first', () => {
  const parts = [
    { store: store(false), identities: [identity('configured')] },
    { store: store(true), identities: [identity('added')] },
    { store: store(false), identities: [identity('of another agent')] },
  ]
  const commentsWith = (order: ListSettings['order']) =>
    arrange(parts, { destination: undefined, mayBeCut: false }, { ...settings, order }).map(({ comment }) => comment)
  expect(commentsWith('identities-first')).toEqual(['configured', 'added', 'of another agent'])
  expect(commentsWith('added-first')).toEqual(['added', 'configured', 'of another agent'])
})
