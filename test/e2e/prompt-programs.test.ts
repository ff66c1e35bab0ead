import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSystemClock } from '../../src/core/time/clock.ts'
import { findTrustedProgram } from '../../src/core/trust/program-trust.ts'
import { findPrograms } from '../../src/prompts/programs/programs.ts'
import { createPromptProgram } from '../../src/prompts/prompt-program.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { trickyQuestions } from '../support/questions.ts'
import { type Screen, startScreen } from '../support/screen.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

type Kind = keyof typeof trickyQuestions

const clock = createSystemClock(() => performance.now() / 1000)
const kept = new AbortController().signal

/** The program of this name asks; `env` goes over the environment of the tests. */
function asker(name: string, env: Readonly<Record<string, string>>) {
  const environment = { ...process.env, ...env }
  const find = (program: string) => findTrustedProgram(program, environment.PATH)
  const found = findPrograms(find(name)!, { environment, platform: process.platform, find })
  if ('whyNone' in found) throw new Error(found.whyNone)
  return createPromptProgram(found.found, { clock, environment })
}

const digits = ['1', '2', '3', '4', '5', '6']
const word = ['h', 'u', 'n', 't', 'e', 'r', 'space', '2']

/** Which keys a person presses in each dialog, and what that comes to. */
const presses: readonly [Kind, string | undefined, Readonly<Record<string, readonly string[]>>][] = [
  [
    'code',
    '123456',
    {
      zenity: [...digits, 'Return'],
      kdialog: [...digits, 'Return'],
      'pinentry-gtk-2': [...digits, 'Return'],
    },
  ],
  ['code', undefined, { zenity: ['Escape'], kdialog: ['Escape'], 'pinentry-gtk-2': ['Escape'] }],
  ['code', '', { zenity: ['Return'], kdialog: ['Return'], 'pinentry-gtk-2': ['Return'] }],
  [
    'password',
    'hunter 2',
    { zenity: [...word, 'Return'], kdialog: [...word, 'Return'], 'pinentry-gtk-2': [...word, 'Return'] },
  ],
  ['confirm', 'yes', { zenity: ['Tab', 'Return'], kdialog: ['alt+y'], 'pinentry-gtk-2': ['Tab', 'Tab', 'Return'] }],
  ['confirm', 'no', { zenity: ['Return'], kdialog: ['alt+n'], 'pinentry-gtk-2': ['Tab', 'Return'] }],
  ['confirm', undefined, { zenity: ['Escape'], kdialog: ['Escape'], 'pinentry-gtk-2': ['Escape'] }],
  ['visit', '', { zenity: ['Return'], kdialog: ['Return'], 'pinentry-gtk-2': ['Return'] }],
  ['visit', '', { zenity: ['Escape'], kdialog: ['Escape'] }],
  ['note', '', { zenity: ['Return'], kdialog: ['Return'], 'pinentry-gtk-2': ['Return'] }],
  ['choice', undefined, { zenity: ['Escape'], kdialog: ['Escape'], 'pinentry-gtk-2': ['Escape'] }],
  // By its name where it was picked from a list, and by its number where that was typed.
  ['choice', '1', { zenity: ['Down', 'Return'], kdialog: ['Down', 'Return'] }],
  ['choice', '2', { 'pinentry-gtk-2': ['2', 'Return'] }],
]
const cases = presses.flatMap(([kind, answer, byProgram]) =>
  Object.entries(byProgram).map(([program, keys]) => [program, kind, answer, keys] as const),
)

describeWithPeers('a dialog on a screen', ['Xvfb', 'xdotool', 'zenity', 'kdialog', 'pinentry-gtk-2'], () => {
  let screen: Screen
  let folder: string

  beforeAll(async () => {
    folder = makeFolder()
    screen = await startScreen()
  })
  afterAll(async () => {
    await screen.close()
    removeFolder(folder)
  })

  it.each(cases)('of %s for a %s comes to %j', async (program, kind, answer, keys) => {
    const asked = asker(program, { ...screen.env, HOME: folder })(trickyQuestions[kind], kept)
    await screen.press(...keys)
    expect((await asked)?.expose()).toBe(answer)
    await expect.poll(screen.hasDialog).toBe(false)
  })

  it.each(['zenity', 'kdialog', 'pinentry-gtk-2'])('of %s is closed when nobody waits for it', async (program) => {
    const withdrawn = new AbortController()
    const asked = asker(program, { ...screen.env, HOME: folder })(trickyQuestions.code, withdrawn.signal)
    const refused = expect(asked).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
    await expect.poll(screen.hasDialog, { timeout: 60_000 }).toBe(true)
    withdrawn.abort()
    await refused
    await expect.poll(screen.hasDialog, { timeout: 60_000 }).toBe(false)
  })

  it.each([
    ['zenity', /zenity could not ask: .*cannot open display: :9999/],
    ['kdialog', /kdialog could not ask: .*could not connect to display :9999/],
    ['pinentry-gtk-2', /pinentry-gtk-2 could not ask: it asks on a terminal only/],
  ])('of %s cannot be shown where the display is gone, which is no answer', async (program, message) => {
    await expect(asker(program, { DISPLAY: ':9999', HOME: folder })(trickyQuestions.code, kept)).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: expect.stringMatching(message),
    })
  })

  it('of a program that a real daemon has found by itself takes the code of the day', async () => {
    const dev: DevSession = await startDevSession(join(folder, 'dev'), { ...screen.env, LATCHKEY_DEV_MFA: '' })
    try {
      expect(await dev.runOk('latchkey', ['status'])).toMatch(
        /prompts +in the terminal of the caller, else by \/.*zenity/,
      )
      const login = dev.runOk('latchkey', ['aws', 'login', 'dev'])
      const code = (await dev.runOk('latchkey', ['dev', 'code'])).trim()
      await screen.press(...code.split(''), 'Return')
      expect(await login).toMatch(/^an MFA session has begun: dev-user, arn:aws:iam::111122223333:mfa\/jo/)
      expect(dev.log('prompts')).toMatchObject([{ kind: 'code', by: 'program' }])
      await dev.runOk('latchkey', ['aws', 'forget', '--all'])
      const cancelled = dev.run('latchkey', ['aws', 'login', 'dev'])
      await screen.press('Escape')
      expect(await cancelled).toMatchObject({
        status: 3,
        stdout: '',
        stderr: expect.stringMatching(/^latchkey: cancelled: /),
      })
    } finally {
      await dev.stop()
    }
  })

  it('is not opened where prompt.program is "none"', async () => {
    const dev: DevSession = await startDevSession(join(folder, 'dev'), { ...screen.env, LATCHKEY_DEV_MFA: '' })
    try {
      const config = dev.env.LATCHKEY_CONFIG!
      writeFileSync(config, readFileSync(config, 'utf8').replace('[prompt]', '[prompt]\nprogram = "none"'))
      await expect
        .poll(() => dev.runOk('latchkey', ['status']), { timeout: 60_000 })
        .toMatch(/in the terminal of the caller; no dialog: prompt\.program is "none"/)
      expect(await dev.run('latchkey', ['aws', 'login', 'dev'])).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/^latchkey: nobody to ask: MFA code for /),
      })
    } finally {
      await dev.stop()
    }
  })
})
