import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import {
  endsElsewhere,
  kindOf,
  parseQuestion,
  type Question,
  questionFault,
  questionForProgram,
  questionText,
  readAnswer,
} from '../../../src/prompts/kinds.ts'

const text = 'which one'
const code: Question = { kind: 'code', text }
const password: Question = { kind: 'password', text }
const confirm: Question = { kind: 'confirm', text }
const visit: Question = { kind: 'visit', text, url: 'https://sso.example.com/device' }
const note: Question = { kind: 'note', text }
const choice: Question = { kind: 'choice', text, options: ['userpass', 'oidc/', '1'] }

/** The answer, or the complaint in brackets. */
function read(question: Question, typed: string): unknown {
  const reading = readAnswer(question, typed)
  if ('complaint' in reading) return [reading.complaint]
  return reading.answer instanceof Secret ? reading.answer.expose() : reading.answer
}

it('has the kinds that have a file', () => {
  const folder = join(import.meta.dirname, '../../../src/prompts/kinds')
  const names = readdirSync(folder).map((file) => file.replace('.ts', ''))
  const known = [code, password, confirm, visit, choice, note].map(({ kind }) => kind)
  expect(names.filter((name) => name !== 'kind').sort()).toEqual(known.sort())
})

describe('what was typed', () => {
  it.each<[Question, string, unknown]>([
    [code, '123456', '123456'],
    // As authenticator apps show it.
    [code, ' 123 456\t', '123456'],
    [code, '12345', ['a code is 6 digits']],
    [code, '1234567', ['a code is 6 digits']],
    [code, '١٢٣٤٥٦', ['a code is 6 digits']],
    [code, 'abcdef', ['a code is 6 digits']],
    [code, '', ['a code is 6 digits']],
    [{ ...code, maxDigits: 8 }, '1234 5678', '12345678'],
    [{ ...code, maxDigits: 8 }, '123456', '123456'],
    [{ ...code, maxDigits: 8 }, '123456789', ['a code is 6 to 8 digits']],
    [{ ...code, maxDigits: 8 }, '12345', ['a code is 6 to 8 digits']],
    [password, ' hunter 2 ', ' hunter 2 '],
    [password, ' ', ' '],
    [password, '', ['nothing was typed (Ctrl-C cancels)']],
    [confirm, 'yes', true],
    [confirm, ' Y ', true],
    [confirm, 'no', false],
    [confirm, 'N', false],
    [confirm, '', ['answer yes or no']],
    [confirm, 'yess', ['answer yes or no']],
    [visit, '', 'done'],
    [visit, 'ok', 'done'],
    [note, '', 'seen'],
    [choice, '1', '1'],
    [choice, '2', 'oidc/'],
    [choice, ' userpass ', 'userpass'],
    [visit, 'https://x.example.com/?code=1', 'done'],
    [{ ...visit, takesAddress: true }, ' ', 'done'],
    [{ ...visit, takesAddress: true }, ' http://localhost:8250/?code=1 ', 'http://localhost:8250/?code=1'],
    [{ ...visit, takesAddress: true }, 'yes', ['paste the whole address, or press Enter']],
    [{ ...visit, takesAddress: true }, 'https://', ['paste the whole address, or press Enter']],
    [choice, '3', '1'],
    [choice, '0', ['choose from 1 to 3']],
    [choice, '4', ['choose from 1 to 3']],
    [choice, '-1', ['choose from 1 to 3']],
    [choice, '1.5', ['choose from 1 to 3']],
    [choice, '', ['choose from 1 to 3']],
  ])('%j and %j is %j', (question, typed, answer) => {
    expect(read(question, typed)).toEqual(answer)
  })

  it.each([code, password])('is a secret if it is a code or a password: %j', (question) => {
    expect(JSON.stringify(readAnswer(question, '123456'))).not.toContain('123456')
  })
})

describe('what is shown', () => {
  it.each<[Question, string, string]>([
    [code, 'which one: ', 'which one: '],
    [confirm, 'which one? (yes/no): ', 'which one?'],
    [
      { ...visit, userCode: 'WDJB-MJHT' },
      'which one:\nhttps://sso.example.com/device\ncode: WDJB-MJHT\npress Enter when you are done: ',
      'which one:\nhttps://sso.example.com/device\ncode: WDJB-MJHT',
    ],
    [choice, 'which one:\n1) userpass\n2) oidc/\n3) 1\nnumber: ', 'which one:\n1) userpass\n2) oidc/\n3) 1'],
  ])('%j', (question, typed, shown) => {
    expect(questionText(question, true)).toBe(typed)
    if (['confirm', 'shown'].includes(kindOf(question).form)) expect(questionText(question, false)).toBe(shown)
  })

  it('begins with the reason why it is asked again', () => {
    expect(questionText({ ...code, notice: 'that was wrong' }, true)).toBe('that was wrong\nwhich one: ')
  })

  it('does nothing to a terminal, wherever the text comes from', () => {
    const hostile = 'a\u001b[2J\u202e\nb'
    const question: Question = { kind: 'choice', text: hostile, notice: hostile, options: [hostile, hostile] }
    expect(questionText(question, true)).toBe('a [2J b\na [2J b:\n1) a [2J b\n2) a [2J b\nnumber: ')
  })

  it('has the whole address, spelled as browsers spell it', () => {
    const long = `https://sso.example.com/auth?state=${'x'.repeat(1500)}`
    expect(questionText({ ...visit, url: long }, false)).toContain(long)
    expect(questionText({ ...visit, url: 'https://exämple.com/\u202eü' }, false)).toMatch(/^[ -~\n]+$/)
  })

  it('is echoed unless it is a password', () => {
    expect([code, password, confirm, visit, choice].map((question) => kindOf(question).isEchoed)).toEqual([
      true,
      false,
      true,
      true,
      true,
    ])
  })
})

describe('a page to be visited', () => {
  const full: Question = { ...visit, link: 'http://localhost:8250/x', takesAddress: true, notice: 'again' }

  it('goes to a program by its link, since others can read the arguments of that', () => {
    expect(questionForProgram(full)).toEqual({
      ...visit,
      url: 'http://localhost:8250/x',
      link: 'http://localhost:8250/x',
      takesAddress: false,
      notice: 'again',
    })
    expect(questionText(questionForProgram(full), false)).not.toContain('sso.example.com')
    expect(questionForProgram(visit)).toEqual({ ...visit, takesAddress: false })
    expect(questionForProgram(code)).toBe(code)
  })

  it('says what to do where the browser is on another machine', () => {
    expect(questionText(full, false)).toContain('paste the address of that page')
  })

  it('is the one question that may end before it is answered', () => {
    expect([code, password, confirm, visit, choice, note].filter(endsElsewhere)).toEqual([visit])
  })

  it.each([
    ['https://localhost:8250/', 'its link does not lead to this machine'],
    ['http://sso.example.com/', 'its link does not lead to this machine'],
    ['x', 'its link does not lead to this machine'],
    ['http://127.0.0.1:8250/', undefined],
  ])('has a link that leads to this machine: %s', (link, fault) => {
    expect(questionFault({ ...visit, link })).toBe(fault)
  })
})

describe('a question that must not be asked', () => {
  it.each([
    ['https://sso.example.com/', undefined],
    ['http://127.0.0.1:8250/', undefined],
    ['http://localhost:8250/', undefined],
    ['http://[::1]/', undefined],
    ['http://127.0.0.2/', 'the page is not https'],
    ['http://localhost.example.com/', 'the page is not https'],
    ['http://sso.example.com/', 'the page is not https'],
    ['file:///etc/passwd', 'the page is not https'],
    ['javascript:alert(1)', 'the page is not https'],
    ['https://vault.example.com@example.net/', 'the address of the page has a user name in it'],
    ['https://:x@example.net/', 'the address of the page has a user name in it'],
    [`https://example.net/${'x'.repeat(2048)}`, 'the address of the page is too long'],
    ['sso.example.com', 'the page has no address'],
    ['', 'the page has no address'],
  ])('with the page %s', (url, fault) => {
    expect(questionFault({ ...visit, url })).toBe(fault)
  })

  it.each([
    [[], 'there is nothing to choose from'],
    [Array(51).fill('x'), 'there are more than 50 options'],
    [['a', ''], 'an option has no name'],
  ])('with the choice %j', (options, fault) => {
    expect(questionFault({ ...choice, options })).toBe(fault)
  })
})

describe('a question from JSON', () => {
  it.each([code, password, confirm, visit, choice])('is a question: %j', (question) => {
    expect(parseQuestion({ id: 'p', ...question, notice: 'again' })).toMatchObject({ ...question, notice: 'again' })
  })

  it.each([
    ['without a kind', { text }],
    ['of a kind that every object has', { kind: 'constructor', text }],
    ['of another kind', { kind: 'retina', text }],
    ['without a text', { kind: 'code' }],
    ['with a notice that is not a text', { ...code, notice: 1 }],
    ['with a code whose length is not a number', { ...code, maxDigits: '8' }],
    ['with a code that is shorter than the shortest', { ...code, maxDigits: 5 }],
    ['with a code that nobody would type', { ...code, maxDigits: 17 }],
    ['with a page that is not a text', { ...visit, url: 5 }],
    ['with a code that is not a text', { ...visit, userCode: 5 }],
    ['with an empty code', { ...visit, userCode: '' }],
    ['with options that are not a list', { ...choice, options: 'userpass' }],
    ['with options that have no names', { ...choice, options: [1] }],
  ])('%s is not a question', (_what, value) => {
    expect(parseQuestion(value)).toBeUndefined()
  })
})
