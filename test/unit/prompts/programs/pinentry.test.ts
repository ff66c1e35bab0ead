import { describe, expect, it } from 'vitest'
import type { Question } from '../../../../src/prompts/kinds.ts'
import type { Said } from '../../../../src/prompts/programs/dialog.ts'
import { pinentry } from '../../../../src/prompts/programs/pinentry.ts'
import { trickyQuestions } from '../../../support/questions.ts'

/** The commands that a question leads to, with what the last of them is answered, and what that means. */
function talk(
  question: Question,
  answer: readonly string[],
  flavor = 'gtk2',
): { commands: string[]; said: Said | undefined } {
  const { onLine, said } = pinentry.open(question)
  const commands: string[] = []
  const hear = (line: string): boolean => {
    const next = onLine!(line)
    if (typeof next === 'object') commands.push(next.write.replace(/\n$/, ''))
    return next === 'enough'
  }
  hear('OK Pleased to meet you')
  for (;;) {
    const command = commands.at(-1)!
    const isLast = /^(GETPIN|CONFIRM)/.test(command)
    const lines = command === 'GETINFO flavor' ? [`D ${flavor}`, 'OK'] : isLast ? answer : ['OK']
    if (lines.some(hear)) return { commands, said: said({ status: 0, lines: [], complaint: '' }) }
  }
}

describe('pinentry', () => {
  it('is told what to show, and asked for a code', () => {
    expect(talk(trickyQuestions.code, ['D 123456', 'OK'])).toEqual({
      commands: [
        'GETINFO flavor',
        'SETTIMEOUT 0',
        'SETTITLE latchkey',
        'SETDESC 50%25 & \\n more%0AMFA code for mfa/jo_doe <b>',
        'SETPROMPT Code:',
        'GETPIN',
      ],
      said: { type: 'typed', text: '123456' },
    })
  })

  it('gives a password as it was typed, an empty one too', () => {
    expect(talk(trickyQuestions.password, ['D  100%25 ', 'OK']).said).toEqual({ type: 'typed', text: ' 100% ' })
    expect(talk(trickyQuestions.password, ['OK']).said).toEqual({ type: 'typed', text: '' })
  })

  it('shows what there is to choose from, and takes the number', () => {
    const { commands, said } = talk(trickyQuestions.choice, ['D 3', 'OK'])
    expect(commands).toContain('SETDESC log in by:%0A1) --help%0A2) 1%0A3) a_b & \\n')
    expect(said).toEqual({ type: 'typed', text: '3' })
  })

  it.each([
    [['OK'], { type: 'typed', text: 'yes' }],
    [['ERR 83886194 Not confirmed'], { type: 'typed', text: 'no' }],
    [['S BUTTON_INFO close', 'ERR 83886179 Operation cancelled'], { type: 'declined' }],
    [['ERR 83886142 Timeout'], { type: 'failed', reason: 'Timeout' }],
  ])('confirms with buttons: %j is %j', (answer, meaning) => {
    const { commands, said } = talk(trickyQuestions.confirm, answer)
    expect(commands.slice(-3)).toEqual(['SETOK Yes', 'SETNOTOK No', 'CONFIRM'])
    expect(said).toEqual(meaning)
  })

  it.each([
    [['OK'], { type: 'typed', text: '' }],
    [['ERR 83886179 Operation cancelled'], { type: 'typed', text: '' }],
    [['ERR 83918950 Inappropriate ioctl for device'], { type: 'failed', reason: 'Inappropriate ioctl for device' }],
  ])('only shows a page, however it is dismissed: %j is %j', (answer, meaning) => {
    const { commands, said } = talk(trickyQuestions.visit, answer)
    expect(commands.at(-1)).toBe('CONFIRM --one-button')
    expect(said).toEqual(meaning)
  })

  it.each(['ERR 83886179 Operation cancelled', 'ERR 83886278 Fully cancelled'])('is cancelled: %s', (line) => {
    expect(talk(trickyQuestions.code, [line]).said).toEqual({ type: 'declined' })
  })

  it.each(['curses', 'tty', 'gtk2:curses', 'gnome3:curses'])(
    'is not asked where it would ask on a terminal: %s',
    (flavor) => {
      expect(talk(trickyQuestions.code, [], flavor)).toEqual({
        commands: ['GETINFO flavor'],
        said: { type: 'failed', reason: 'it asks on a terminal only' },
      })
    },
  )

  it('is asked though it does not say its flavor', () => {
    const { onLine } = pinentry.open(trickyQuestions.code)
    onLine!('OK')
    expect(onLine!('ERR 83886355 Unknown IPC command')).toEqual({ write: 'SETTIMEOUT 0\n' })
  })

  it('could not ask where it refuses what is to be shown, or ends before it answers', () => {
    const { onLine, said } = pinentry.open(trickyQuestions.code)
    const end = { status: 0, lines: [], complaint: '' }
    expect(said(end)).toEqual({ type: 'failed', reason: 'it ended without an answer' })
    for (const line of ['OK', 'OK', 'OK']) onLine!(line)
    expect(onLine!('ERR 67109139 Line too long')).toBe('enough')
    expect(said(end)).toEqual({ type: 'failed', reason: 'Line too long' })
  })
})
