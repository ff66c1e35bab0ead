import { Command } from 'commander'
import { expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addAwsTotpCommands } from '../../../../src/helper/commands/aws-totp.ts'

const place = { source: 'my master', mfaSerial: 'arn:aws:iam::111122223333:mfa/jo', keychain: 'Secret Service' }
const seed = 'JBSWY3DPEHPK3PXP'

/** @param lines what is typed; absent: the seed comes on the standard input */
async function run(args: readonly string[], lines?: string[]) {
  const calls: unknown[] = []
  const asked: [string, boolean][] = []
  let [printed, noted] = ['', '']
  const context = {
    daemon: {
      async call(name: string, input: object) {
        calls.push([name, input])
        return name === 'getSeedPlace' ? place : { ...place, expiresAt: '2026-01-02T15:00:00Z' }
      },
    },
    hasTypedInput: lines !== undefined,
    readInput: async () => `${seed}\n`,
    async readLine(prompt: string, { echo }: { echo: boolean }) {
      asked.push([prompt, echo])
      const line = lines?.shift()
      return line === undefined ? undefined : new Secret(line)
    },
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
    nowMs: () => Date.UTC(2026, 0, 2, 3, 0, 0),
  } as unknown as CommandContext
  const aws = new Command().exitOverride()
  addAwsTotpCommands(aws, context)
  const failure = await aws.parseAsync(['totp', ...args], { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { calls, asked, printed, noted, failure }
}

const asks = ['getSeedPlace', { params: { profile: 'dev' } }]
const keeps = (text: string) => ['putSeed', { params: { profile: 'dev' }, body: { seed: text } }]

it('a seed is typed without echo, after the warning and a yes', async () => {
  const { calls, asked, printed, noted, failure } = await run(['add', 'dev'], ['y', seed])
  expect(failure).toBeUndefined()
  expect(calls).toEqual([asks, keeps(seed)])
  expect(asked).toEqual([
    ['keep it there all the same? (y/N): ', true],
    ['seed (base32, or the otpauth: address of the QR code): ', false],
  ])
  expect(noted).toMatch(
    /^WARNING: the seed of arn:\S+ makes its codes\. In the keychain \(Secret Service\),[\s\S]* both factors are on this machine: /,
  )
  expect(printed).toMatch(/until 2026-01-02T15:00:00Z \(12h left\)\n[\s\S]*latchkey aws totp remove 'my master'\n$/)
  expect(printed).not.toContain(seed)
})

it.each(['', 'n', 'yes please'])('a seed is not even asked for without a yes: %j', async (answer) => {
  const { calls, asked, failure } = await run(['add', 'dev'], [answer, seed])
  expect(failure).toMatchObject({ code: 'CANCELLED', message: expect.stringMatching(/^nothing was stored: /) })
  expect([calls, asked.length]).toEqual([[asks], 1])
})

it('a seed comes on the standard input only where the warning is said to have been read', async () => {
  const refused = await run(['add', 'dev'])
  expect(refused.failure).toMatchObject({ code: 'USAGE', hint: "latchkey aws totp add --yes 'my master'" })
  expect(refused.calls).toEqual([asks])
  const kept = await run(['add', '--yes', 'dev'])
  expect(kept.calls).toEqual([asks, keeps(`${seed}\n`)])
  expect(kept.noted).toMatch(/^WARNING/)
})

it('a seed is removed by the name of its source', async () => {
  const { calls, printed } = await run(['remove', 'my master'])
  expect(calls).toEqual([['removeSeed', { params: { source: 'my master' } }]])
  expect(printed).toBe('removed the MFA seed of my master from the keychain: its codes are asked for again\n')
})
