import { describe, expect, it } from 'vitest'
import { zenity } from '../../../../src/prompts/programs/zenity.ts'
import { trickyQuestions } from '../../../support/questions.ts'

type Kind = keyof typeof trickyQuestions

const argsOf = (kind: Kind) => zenity.open(trickyQuestions[kind]).args
const said = (kind: Kind, status: number, ...lines: readonly string[]) =>
  zenity.open(trickyQuestions[kind]).said({ status, lines, complaint: '' })

describe('zenity', () => {
  it('shows each text as it is: nothing in it is markup, an escape or a key', () => {
    expect(argsOf('code')).toEqual([
      '--title=latchkey',
      '--width=420',
      '--entry',
      '--text=50% & \\\\n more\nMFA code for mfa/jo__doe <b>',
    ])
    expect(argsOf('password').slice(2)).toEqual(['--entry', '--hide-text', '--text=password of <jo>'])
    expect(argsOf('confirm').at(-1)).toBe('--text=sign with &#60;ops&#62; &#38; &#92;t?')
    expect(argsOf('visit').slice(2)).toEqual([
      '--info',
      // The address as browsers write it.
      '--text=log in:\nhttps://sso.example.com/device?a=1&#38;b=%3C2%3E\ncode: WDJB-MJHT',
    ])
  })

  it('lists options, none of which is taken for an option of its own', () => {
    const args = argsOf('choice')
    expect(args.slice(args.indexOf('--'))).toEqual(['--', '1', '1) --help', '2', '2) 1', '3', '3) a_b & \\n'])
    expect(said('choice', 0, '2')).toEqual({ type: 'typed', text: '1' })
    expect(said('choice', 0, '3')).toEqual({ type: 'typed', text: 'a_b & \\n' })
    expect(said('choice', 0)).toEqual({ type: 'typed', text: '' })
  })

  it.each<[Kind, number, unknown]>([
    ['code', 0, { type: 'typed', text: ' 1 ' }],
    ['code', 21, { type: 'declined' }],
    ['code', 22, { type: 'declined' }],
    ['code', 1, undefined],
    ['choice', 21, { type: 'declined' }],
    ['confirm', 0, { type: 'typed', text: 'yes' }],
    ['confirm', 21, { type: 'typed', text: 'no' }],
    ['confirm', 22, { type: 'declined' }],
    ['confirm', 1, undefined],
    ['visit', 0, { type: 'typed', text: '' }],
    ['visit', 22, { type: 'typed', text: '' }],
    ['visit', 255, undefined],
  ])('%s that ends with %d is %j', (kind, status, meaning) => {
    expect(said(kind, status, ' 1 ')).toEqual(meaning)
  })

  it('has statuses of its own for a no and for a closed window, and no window that it belongs to', () => {
    expect(zenity.open(trickyQuestions.code).environment).toEqual({
      ZENITY_CANCEL: '21',
      ZENITY_ESC: '22',
      WINDOWID: undefined,
    })
  })
})
