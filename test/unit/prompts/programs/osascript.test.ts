import { describe, expect, it } from 'vitest'
import { osascript } from '../../../../src/prompts/programs/osascript.ts'
import { trickyQuestions } from '../../../support/questions.ts'

type Kind = keyof typeof trickyQuestions

const cancelled = 'execution error: User canceled. (-128)\n'
const said = (kind: Kind, status: number, line = '', complaint = '') =>
  osascript.open(trickyQuestions[kind]).said({ status, lines: [line], complaint })

describe('osascript', () => {
  it.each(Object.keys(trickyQuestions) as Kind[])('has no text of a question in its script: %s', (kind) => {
    const { args } = osascript.open(trickyQuestions[kind])
    const script = args.slice(0, args.indexOf('latchkey'))
    expect(script.filter((_, index) => index % 2 === 0)).toEqual(['-e', '-e', '-e', '-e'])
    expect(script.join('\n')).not.toMatch(/jo|ops|sso|WDJB|help/)
  })

  it('gets the texts as arguments, none of which can be taken for an option', () => {
    const { args } = osascript.open(trickyQuestions.choice)
    expect(args.slice(args.indexOf('latchkey'))).toEqual([
      'latchkey',
      'log in by:',
      '1) --help',
      '2) 1',
      '3) a_b & \\n',
    ])
    expect(osascript.open(trickyQuestions.code).args.at(-1)).toBe('50% & \\n more\nMFA code for mfa/jo_doe <b>')
  })

  it('hides a password alone', () => {
    const scripts = [trickyQuestions.code, trickyQuestions.password].map((question) =>
      osascript.open(question).args.some((arg) => arg.includes('with hidden answer')),
    )
    expect(scripts).toEqual([false, true])
  })

  it.each<[Kind, string, string]>([
    ['code', ' 1 ', ' 1 '],
    ['confirm', 'Yes', 'yes'],
    ['confirm', 'No', 'no'],
    ['visit', 'button returned:OK', ''],
    ['choice', '2) 1', '1'],
    ['choice', '1) --help', '--help'],
  ])('%s that prints %j is %j', (kind, line, text) => {
    expect(said(kind, 0, line)).toEqual({ type: 'typed', text })
  })

  it('is cancelled by an error of its own, and a list by false', () => {
    expect(said('code', 1, '', cancelled)).toEqual({ type: 'declined' })
    expect(said('choice', 0, 'false')).toEqual({ type: 'declined' })
    expect(said('visit', 1, '', cancelled)).toEqual({ type: 'typed', text: '' })
  })

  it('could not ask where nobody is logged in at the screen', () => {
    expect(said('code', 1, '', 'execution error: No user interaction allowed. (-1713)\n')).toBeUndefined()
  })
})
