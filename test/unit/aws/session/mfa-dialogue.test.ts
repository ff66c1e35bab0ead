import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import type { CodeSource } from '../../../../src/aws/codes/code-source.ts'
import { type CodeRequest, createMfaDialogue } from '../../../../src/aws/session/mfa-dialogue.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { PromptError, type PromptQuestion, type Prompts } from '../../../../src/prompts/prompt.ts'
import { rejection, serial, settled } from '../../../support/aws-world.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const wrong = () => new AwsError('AWS_MFA_CODE_REFUSED', 'wrong or already used')

/** A dialogue with a person who types `answers`, at 03:04:05, five seconds into a time step. */
function dialogue(answers: (string | Error | Promise<string>)[]) {
  const clock = fakeClock()
  const asked: PromptQuestion[] = []
  const prompts: Prompts = {
    async ask(question) {
      asked.push(question)
      const answer = answers.shift()
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often')
      return new Secret(await answer) as never
    },
    attend: () => () => {},
  }
  const { withCode, withGiven } = createMfaDialogue({ prompts, clock, awsNow: clock.now, log: silentLogger })
  const usual: CodeRequest = { sources: [], mayAsk: true, remedy: 'latchkey aws login dev', signal: kept }
  return {
    clock,
    asked,
    withGiven,
    withCode: <T>(device: string, use: (code: Secret<string>) => Promise<T>, request: Partial<CodeRequest> = {}) =>
      withCode(device, use, { ...usual, ...request }),
  }
}

const kept = new AbortController().signal

/** Takes one code after so many refusals. */
function takes(code: string) {
  const seen: string[] = []
  return {
    seen,
    use: async (given: Secret<string>) => {
      seen.push(given.expose())
      if (given.expose() !== code) throw wrong()
      return 'done'
    },
  }
}

it('a code that is given is spent at once, while somebody else is asked for another one of that device', async () => {
  let answer: (code: string) => void = () => {}
  const { withCode, withGiven } = dialogue([new Promise<string>((resolve) => (answer = resolve))])
  const other = withCode(serial, takes('222222').use)
  await settled()
  expect(await withGiven(serial, takes('111111').use, new Secret('111111'))).toBe('done')
  answer('222222')
  expect(await other).toBe('done')
})

const notices = (asked: readonly PromptQuestion[]) => asked.map(({ notice }) => notice)

describe('the MFA dialogue', () => {
  it('asks for the code of the device and hands it on', async () => {
    const { withCode, asked } = dialogue(['123456'])
    const aws = takes('123456')
    expect(await withCode(serial, aws.use)).toBe('done')
    expect(asked).toEqual([
      { topic: `aws-mfa/${serial}`, kind: 'code', text: `MFA code for ${serial}`, remedy: 'latchkey aws login dev' },
    ])
  })

  it('asks again after a wrong code, and says so', async () => {
    const { withCode, asked } = dialogue(['111111', '123456'])
    expect(await withCode(serial, takes('123456').use)).toBe('done')
    expect(notices(asked)).toEqual([
      undefined,
      'AWS refused that code: it is wrong or already used (the next one comes in 25 s)',
    ])
  })

  it('gives up after three codes', async () => {
    const { withCode, asked } = dialogue(['111111', '222222', '333333', '444444'])
    const error = await rejection(withCode(serial, takes('123456').use))
    expect(error).toMatchObject({
      code: 'AWS_MFA_CODE_REFUSED',
      message: `no valid MFA code for ${serial} in 3 tries`,
      cause: { code: 'AWS_MFA_CODE_REFUSED', message: wrong().message },
      hint: expect.stringMatching(/its clock is right, then run the command again$/),
    })
    expect(asked).toHaveLength(3)
  })

  it('tells a used code from a wrong one, and says how long the next one takes', async () => {
    const { withCode, asked, clock } = dialogue(['123456', '123456', '654321'])
    await withCode(serial, takes('123456').use)
    clock.advance(7_000)
    await withCode(serial, takes('654321').use)
    expect(notices(asked)).toEqual([
      undefined,
      'the code shown now was already used: wait 18 s for the next one',
      'that code was already used: wait 18 s for the next one',
    ])
  })

  it('forgets about a used code when its time step is over', async () => {
    const { withCode, asked, clock } = dialogue(['123456', '111111', '654321'])
    await withCode(serial, takes('123456').use)
    clock.advance(25_000)
    await withCode(serial, takes('654321').use)
    expect(notices(asked)).toEqual([
      undefined,
      undefined,
      'AWS refused that code: it is wrong or already used (the next one comes in 30 s)',
    ])
  })

  it('says how long the next one takes where only used ones were given', async () => {
    const { withCode, clock } = dialogue(['123456', '123456', '123456', '123456'])
    await withCode(serial, takes('123456').use)
    clock.advance(8_000)
    expect(await rejection(withCode(serial, takes('654321').use))).toMatchObject({
      code: 'AWS_MFA_CODE_REFUSED',
      hint: 'the code shown now was already used: wait 17 s for the next one, then run the command again',
    })
  })

  it('tells that a code was used, though the device shows another one by now', async () => {
    const { withCode, asked, clock } = dialogue(['123456', '123456', '654321'])
    await withCode(serial, takes('123456').use)
    clock.advance(25_000)
    await withCode(serial, takes('654321').use)
    expect(notices(asked)).toEqual([
      undefined,
      undefined,
      'that code was already used: the device shows another one now',
    ])
  })

  it('does not send AWS a code that it has answered', async () => {
    const { withCode, asked, clock } = dialogue(['111111', '111111', '123456', '123456', '654321', '111111'])
    const aws = takes('123456')
    await withCode(serial, aws.use)
    const next = takes('654321')
    await withCode(serial, next.use)
    expect([aws.seen, next.seen]).toEqual([['111111', '123456'], ['654321']])
    expect(asked).toHaveLength(5)
    // By then the same digits are another code.
    clock.advance(90_000)
    expect(await withCode(serial, takes('111111').use)).toBe('done')
  })

  it('remembers a code that AWS has answered for 90 seconds, in which it would be no other', async () => {
    const { withCode, clock } = dialogue(['111111', '123456', '111111', '654321'])
    await withCode(serial, takes('123456').use)
    clock.advance(89_999)
    const aws = takes('654321')
    await withCode(serial, aws.use)
    expect(aws.seen).toEqual(['654321'])
  })

  it('counts the code of one device only as used', async () => {
    const { withCode, asked } = dialogue(['123456', '654321'])
    await withCode(serial, takes('123456').use)
    await withCode(`${serial}2`, takes('654321').use)
    expect(notices(asked)).toEqual([undefined, undefined])
  })

  it('does not count a code as used that never reached AWS', async () => {
    const { withCode, asked } = dialogue(['123456', '123456'])
    const away = new AwsError('AWS_UNREACHABLE', 'cannot reach STS')
    expect(await rejection(withCode(serial, () => Promise.reject(away)))).toBe(away)
    await withCode(serial, takes('123456').use)
    expect(notices(asked)).toEqual([undefined, undefined])
  })

  it('does not ask again where the device is the wrong one', async () => {
    const { withCode, asked } = dialogue(['123456'])
    const error = new AwsError('AWS_MFA_SERIAL_REFUSED', 'not among the devices')
    expect(await rejection(withCode(serial, () => Promise.reject(error)))).toBe(error)
    expect(asked).toHaveLength(1)
  })

  it('passes on that the person said no', async () => {
    const no = new PromptError('PROMPT_CANCELLED', 'cancelled')
    expect(await rejection(dialogue([no]).withCode(serial, takes('123456').use))).toBe(no)
  })

  it('holds one conversation per device at a time, so that one code is not given twice', async () => {
    const { withCode, asked } = dialogue(['123456', '654321'])
    let release!: () => void
    const held = new Promise<void>((resolve) => (release = resolve))
    const first = withCode(serial, () => held)
    const second = withCode(serial, takes('654321').use)
    await settled()
    expect(asked).toHaveLength(1)
    release()
    await Promise.all([first, second])
    expect(asked).toHaveLength(2)
  })

  it('goes on after a conversation that failed', async () => {
    const { withCode } = dialogue([new Error('no'), '123456'])
    await rejection(withCode(serial, takes('1').use))
    expect(await withCode(serial, takes('123456').use)).toBe('done')
  })
})

/** A source of codes, or of what is thrown. */
function source(what: string, ...codes: readonly (string | Error)[]): CodeSource & { atMs: number[] } {
  const left = [...codes]
  const atMs: number[] = []
  return {
    what,
    periodSeconds: 30,
    atMs,
    async code(now) {
      atMs.push(now)
      const code = left.shift()
      if (code === undefined || code instanceof Error) throw code ?? new Error('asked too often')
      return new Secret(code)
    },
  }
}

const broken = new AwsError('AWS_CODE_SOURCE_FAILED', 'ykman is not there')

describe('a code that nobody has to type', () => {
  it('is used, and nobody is asked', async () => {
    const { withCode, asked } = dialogue([])
    expect(await withCode(serial, takes('123456').use, { sources: [source('a seed', '123456')] })).toBe('done')
    expect(asked).toEqual([])
  })

  it('is waited for by the clock, where the one shown now has been used', async () => {
    const { withCode, asked, clock } = dialogue(['123456'])
    await withCode(serial, takes('123456').use)
    const seed = source('a seed', '654321')
    const done = withCode(serial, takes('654321').use, { sources: [seed] })
    await settled()
    clock.advance(24_999)
    await settled()
    expect(seed.atMs).toEqual([])
    clock.advance(1)
    expect(await done).toBe('done')
    expect(seed.atMs).toEqual([clock.now()])
    expect(asked).toHaveLength(1)
  })

  it('is followed by the next one where AWS refuses it: it may have been used at the console', async () => {
    const { withCode, clock } = dialogue([])
    const aws = takes('654321')
    const done = withCode(serial, aws.use, { sources: [source('a seed', '123456', '654321')] })
    await settled()
    clock.advance(25_000)
    expect(await done).toBe('done')
    expect(aws.seen).toEqual(['123456', '654321'])
  })

  it('is not sent to AWS again', async () => {
    const { withCode, clock } = dialogue([])
    await withCode(serial, takes('123456').use, { sources: [source('a seed', '123456')] })
    clock.advance(30_000)
    const aws = takes('654321')
    const done = withCode(serial, aws.use, { sources: [source('a slow one', '123456', '654321')] })
    await settled()
    clock.advance(30_000)
    expect(await done).toBe('done')
    expect(aws.seen).toEqual(['654321'])
  })

  it('is asked for where AWS has refused two of them, with the reason', async () => {
    const { withCode, asked, clock } = dialogue(['654321'])
    const aws = takes('654321')
    const done = withCode(serial, aws.use, { sources: [source('a seed', '111111', '222222')] })
    await settled()
    clock.advance(30_000)
    expect(await done).toBe('done')
    expect(aws.seen).toEqual(['111111', '222222', '654321'])
    expect(notices(asked)).toEqual(['AWS refused the code of a seed'])
  })

  it('comes from the next source where one fails, and from a person where all do', async () => {
    const { withCode, asked } = dialogue(['654321'])
    const other = source('another', '123456')
    expect(await withCode(serial, takes('123456').use, { sources: [source('ykman', broken), other] })).toBe('done')
    expect(asked).toEqual([])
    const second = { sources: [source('ykman', broken)] }
    expect(await withCode(`${serial}2`, takes('654321').use, second)).toBe('done')
    expect(notices(asked)).toEqual(['ykman is not there'])
  })

  it('is missing for the reason of the source, where nobody can be asked', async () => {
    const nobody = new PromptError('PROMPT_UNAVAILABLE', 'nobody to ask', { hint: 'in a terminal: x' })
    const { withCode } = dialogue([nobody])
    expect(await rejection(withCode(serial, takes('1').use, { sources: [source('ykman', broken)] }))).toMatchObject({
      code: 'AWS_CODE_SOURCE_FAILED',
      message: 'ykman is not there',
      hint: 'in a terminal: x',
    })
  })

  it('is all there is for a caller who may not ask', async () => {
    const { withCode, asked } = dialogue([])
    const request = { sources: [source('a seed', broken)], mayAsk: false }
    expect(await rejection(withCode(serial, takes('1').use, request))).toMatchObject({
      code: 'AWS_MFA_NEEDED',
      message: 'ykman is not there',
      hint: 'in a terminal: latchkey aws login dev',
    })
    expect(await rejection(withCode(serial, takes('1').use, { mayAsk: false }))).toMatchObject({
      code: 'AWS_MFA_NEEDED',
      message: `an MFA code for ${serial} is needed`,
    })
    expect(asked).toEqual([])
  })

  it('is not tried again where AWS says something else', async () => {
    const denied = new AwsError('AWS_MFA_SERIAL_REFUSED', 'not among the devices')
    const { withCode, asked } = dialogue([])
    const request = { sources: [source('a seed', '111111')] }
    expect(await rejection(withCode(serial, () => Promise.reject(denied), request))).toBe(denied)
    expect(asked).toEqual([])
  })

  it.each(['while it is waited for', 'before that'])('is given up when nobody wants it any more, %s', async (when) => {
    const { withCode, clock } = dialogue([])
    await withCode(serial, takes('123456').use, { sources: [source('a seed', '123456')] })
    const [giveUp, reason] = [new AbortController(), new Error('forgotten')]
    if (when === 'before that') giveUp.abort(reason)
    const seed = source('a seed', '654321')
    const failed = rejection(withCode(serial, takes('654321').use, { sources: [seed], signal: giveUp.signal }))
    await settled()
    giveUp.abort(reason)
    expect(await failed).toBe(reason)
    expect([seed.atMs, clock.pendingTimers()]).toEqual([[], 0])
  })
})
