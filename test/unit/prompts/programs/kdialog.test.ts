import { describe, expect, it } from 'vitest'
import { kdialog } from '../../../../src/prompts/programs/kdialog.ts'
import { trickyQuestions } from '../../../support/questions.ts'

type Kind = keyof typeof trickyQuestions

const argsOf = (kind: Kind) => kdialog.open(trickyQuestions[kind]).args.slice(2)
const said = (kind: Kind, status: number, ...lines: readonly string[]) =>
  kdialog.open(trickyQuestions[kind]).said({ status, lines, complaint: '' })

describe('kdialog', () => {
  it('shows each text as it is: nothing in it is HTML, an escape or a key', () => {
    expect(kdialog.open(trickyQuestions.code).args.slice(0, 2)).toEqual(['--title', 'latchkey'])
    expect(argsOf('code')).toEqual([
      '--inputbox',
      '<qt>50% &#38;&#38; &#92;n more<br>MFA code for mfa/jo_doe &#60;b&#62;</qt>',
    ])
    expect(argsOf('password')).toEqual(['--password', '<qt>password of &#60;jo&#62;</qt>'])
    expect(argsOf('confirm')).toEqual(['--yesno', '<qt>sign with &#60;ops&#62; &#38; &#92;t?</qt>'])
    expect(argsOf('visit')[1]).toBe(
      '<qt>log in:<br>https://sso.example.com/device?a=1&#38;b=%3C2%3E<br>code: WDJB-MJHT</qt>',
    )
  })

  it('lists options, none of which is taken for an option of its own', () => {
    expect(argsOf('choice').slice(2)).toEqual(['--', '1', '1) --help', '2', '2) 1', '3', '3) a_b & \\n'])
    expect(said('choice', 0, '2')).toEqual({ type: 'typed', text: '1' })
  })

  it.each<[Kind, number, unknown]>([
    ['code', 0, { type: 'typed', text: ' 1 ' }],
    ['code', 1, { type: 'declined' }],
    ['code', 254, undefined],
    ['choice', 1, { type: 'declined' }],
    ['choice', 255, undefined],
    ['confirm', 0, { type: 'typed', text: 'yes' }],
    ['confirm', 1, { type: 'typed', text: 'no' }],
    ['confirm', 2, { type: 'declined' }],
    ['confirm', 255, undefined],
    ['visit', 0, { type: 'typed', text: '' }],
    ['visit', 2, { type: 'typed', text: '' }],
    ['visit', 255, undefined],
  ])('%s that ends with %d is %j', (kind, status, meaning) => {
    expect(said(kind, status, ' 1 ')).toEqual(meaning)
  })
})
