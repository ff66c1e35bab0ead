import { expect, it } from 'vitest'
import type { ProgramText } from '../../../../src/helper/exec/read-program.ts'
import { observeHost } from '../../../../src/helper/host-check/run-check.ts'
import { hostCheckCommand } from '../../../../src/helper/host-check/script.ts'

const target = { destination: 'jo@web', options: ['-p', '2222'] }

async function observe(text: Partial<ProgramText>) {
  const runs: (readonly string[])[] = []
  const observed = observeHost(target, {
    environment: {},
    async readProgram(program, args) {
      runs.push([program, ...args])
      return { end: { how: 'exited', status: 0 }, lines: [], complaint: '', ...text }
    },
  })
  return { runs, observed: await observed.catch((error: unknown) => error) }
}

it('is one ssh that asks nobody, and takes no option for the host', async () => {
  const { runs, observed } = await observe({
    lines: ['latchkey:user jo', 'latchkey:begin sshd', 'latchkey:end 0', 'latchkey:done'],
  })
  expect(observed).toMatchObject({ user: 'jo' })
  expect(runs).toHaveLength(1)
  expect(runs[0]).toEqual(expect.arrayContaining(['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=10']))
  expect(runs[0]!.slice(-6)).toEqual(['-p', '2222', '-T', '--', 'jo@web', hostCheckCommand])
})

it('runs one line that any shell hands on', () => {
  const [, script] = /^exec \/bin\/sh -c '([^'\n\\!]+)'$/.exec(hostCheckCommand) ?? []
  expect(script).toBeDefined()
})

const hint = 'latchkey ssh explain --try -p 2222 jo@web'
it.each([
  [{ end: { how: 'timed-out' } }, 'TIMED_OUT', 'jo@web has not answered within 60 s', hint],
  [
    { end: { how: 'printed-too-much' } },
    'REFUSED',
    'jo@web answers with more than 1 MiB, and something else',
    'ssh jo@web id',
  ],
  [
    { end: { how: 'exited', status: 255 }, complaint: 'a banner\njo@web: \u001b[2JPermission denied\n' },
    'REFUSED',
    'ssh did not get in to jo@web: jo@web: [2JPermission denied',
    hint,
  ],
  [{ end: { how: 'killed', signal: 'SIGKILL' } }, 'REFUSED', 'ssh did not get in to jo@web: it was ended', hint],
] as const)('says why there is no answer: %j', async (text, code, message, expectedHint) => {
  const { observed } = await observe(text)
  expect(observed).toMatchObject({ code, message, hint: expectedHint })
})
