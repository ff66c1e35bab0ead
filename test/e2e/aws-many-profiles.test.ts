import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { maxAccounts } from '../../src/aws/files/account-list.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const folder = makeFolder()
const aws = join(folder, 'aws-config')
/** With names as long as an account may have. */
const names = Array.from({ length: maxAccounts }, (_, at) => `${'team-'.repeat(9)}${String(at).padStart(5, '0')}`)
const roleOf = (at: number) => `arn:aws:iam::${100_000_000_000 + at}:role/OrganizationAccountAccessRole`
let daemon: BuiltDaemon

beforeAll(async () => {
  const sections = names.map(
    (name, at) =>
      `[aws.profile.${name}]\nrole = "${roleOf(at)}"\nsource = "master"\nsynced_from = "/home/jo/accounts.json"\n`,
  )
  const source = '[aws.source.master]\nmfa_serial = "arn:aws:iam::111122223333:mfa/jo.doe@example.com"\n'
  writeFileSync(aws, '')
  daemon = await startBuiltDaemon(folder, source + sections.join(''), { env: { AWS_CONFIG_FILE: aws } })
})
afterAll(async () => {
  await daemon.end('SIGTERM')
  removeFolder(folder)
})

const latchkey = (...args: string[]) => daemon.run(latchkeyPath, args, { env: { AWS_CONFIG_FILE: aws } })

it.each([
  ['aws profiles list', 0, maxAccounts + 2],
  ['aws profiles list --block', 0, maxAccounts * 3],
  ['aws links --format text', 0, maxAccounts],
  ['aws check --offline', 1, 1],
  ['status', 0, 1],
])('`latchkey %s` takes as many profiles as a list may make', async (command, status, lines) => {
  const finished = await latchkey(...command.split(' '))
  expect(finished.stderr).not.toContain('the daemon')
  expect(finished.status).toBe(status)
  expect(finished.stdout.split('\n').length).toBeGreaterThanOrEqual(lines)
})

it('edits one of so many profiles, and adds another one', async () => {
  const last = names.at(-1)!
  expect(await latchkey('aws', 'profiles', 'remove', last)).toMatchObject({ status: 0 })
  expect(readFileSync(daemon.env.LATCHKEY_CONFIG!, 'utf8')).not.toContain(last)
  const added = await latchkey('aws', 'profiles', 'add', '--role', roleOf(5_000), '--name', last)
  expect(added).toMatchObject({ status: 0, stdout: expect.stringMatching(`^added: ${last}, `) })
})
