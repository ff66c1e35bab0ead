import { Command } from 'commander'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addAwsConsoleCommand } from '../../../../src/helper/commands/aws-console.ts'

const usual = {
  url: 'http://127.0.0.1:4711/AbC',
  link: 'AbC',
  urlEndsAt: '2026-01-02T03:01:00Z',
  roleArn: 'arn:aws:iam::123456789012:role/Dev',
  consoleEndsAt: '2026-01-02T04:00:00Z',
  isCutShort: false,
  browser: [['/bin/true', 'http://127.0.0.1:4711/AbC']],
}

/** @param visits what becomes of each question whether a browser has come; then it is as the last one says */
async function run(
  args: readonly string[],
  opened: object,
  { visits = [true], environment = {}, isTyped = false } = {},
) {
  const calls: [string, unknown][] = []
  let [printed, noted] = ['', '']
  const context = {
    platform: 'linux',
    environment,
    daemon: {
      async call(name: string, input: unknown) {
        calls.push([name, input])
        if (name === 'openConsole') return { ...usual, ...opened }
        return { isVisited: visits.length > 1 ? visits.shift() : visits[0] }
      },
    },
    hasTypedInput: isTyped,
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
    nowMs: () => Date.UTC(2026, 0, 2, 3, 0, 0),
    pause: async () => {},
  } as unknown as CommandContext
  const aws = new Command().exitOverride()
  addAwsConsoleCommand(aws, context)
  await aws.parseAsync(['console', 'my dev', ...args], { from: 'user' })
  return { calls, printed, noted }
}

it('a console is said to be open once a browser has come for it', async () => {
  const { calls, printed, noted } = await run([], {}, { visits: [false, false, true] })
  expect(printed).toBe(
    'the console of arn:aws:iam::123456789012:role/Dev is open in the browser, until 2026-01-02T04:00:00Z (1h left)\n',
  )
  expect(noted).toBe('')
  expect(calls.slice(1)).toEqual(Array(3).fill(['getConsoleVisit', { params: { link: 'AbC' } }]))
})

it.each([
  [false, ''],
  [true, 'waiting for the browser (Ctrl-C gives up)\n'],
])(
  'a console that no browser has come for is not said to be open; in a terminal (%s) it is said what is waited for',
  async (isTyped, waiting) => {
    const { printed, noted } = await run([], {}, { visits: [false], isTyped })
    expect(printed).toBe('')
    expect(noted).toBe(
      `${waiting}no browser has come for the console of arn:aws:iam::123456789012:role/Dev yet; it has 1m left\nhint: where none shows: latchkey aws console 'my dev' --print\n`,
    )
  },
)

it('a console that ends early is told so, beside the link that is printed', async () => {
  const link = 'https://signin.test/federation?SigninToken=x'
  const { printed, noted, calls } = await run(['--print'], { url: link, isCutShort: true })
  expect(printed).toBe(`${link}\n`)
  expect(noted).toMatch(
    /^the console ends with the credentials that are held, in 1h: --for DURATION makes it longer\nthis link is a secret: /,
  )
  expect(calls).toHaveLength(1)
})

it.each([
  [{}, false],
  [{ DISPLAY: ':0' }, true],
])('the daemon is told whether there is a display: %j', async (environment, display) => {
  const { calls } = await run(['--path', 's3', '--for', '8h', '--logout'], {}, { environment })
  const body = { profile: 'my dev', page: 's3', seconds: 28_800, logout: true, print: false, display }
  expect(calls[0]).toEqual(['openConsole', { body }])
})
