import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createNotify } from '../../../../src/daemon/process/notify.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recordingLog, until } from '../../../support/vault-world.ts'

/** A desktop whose notifier writes down what it is told, and ends with a status. */
function desktop(name: string, { status = 0, display = ':0' } = {}) {
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  const told = join(folder, 'told')
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "$@" >${told}\nexit ${status}\n`, {
    mode: 0o700,
  })
  const clock = fakeClock()
  const { log, lines } = recordingLog()
  const environment = { PATH: folder, DISPLAY: display }
  const of = (platform: NodeJS.Platform) => createNotify({ clock, log, environment, platform })
  return { lines, of, told: () => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []) }
}

it('a notification is shown by notify-send', async () => {
  const { of, told, lines } = desktop('notify-send')
  of('linux')('log in')
  await until(() => told().length === 4)
  expect(told()).toEqual(['--app-name=latchkey', '--', 'latchkey', 'log in'])
  expect(lines).toEqual([])
})

it('a notification is shown by osascript, as an argument of its script', async () => {
  const { of, told } = desktop('osascript')
  of('darwin')('log in"')
  await until(() => told().length === 5)
  expect(told().at(-1)).toBe('log in"')
})

it.each([
  ['no desktop', desktopOf({ display: '' })],
  ['no program for it', desktopOf({ name: 'other' })],
])('the log says it where there is %s', (_, make) => {
  const { of, lines } = make()
  of('linux')('log in')
  expect(lines).toEqual([expect.stringMatching(/^warn: a person is needed .*log in/)])
})

it('the log says it where the program fails', async () => {
  const { of, lines } = desktop('notify-send', { status: 1 })
  of('linux')('log in')
  await until(() => lines.length > 0)
  expect(lines).toEqual([expect.stringContaining('a person is needed')])
})

function desktopOf({ name = 'notify-send', display = ':0' }: { name?: string; display?: string }) {
  return () => desktop(name, { display })
}
