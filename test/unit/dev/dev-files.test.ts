import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { parseSharedConfig } from '../../../src/aws/config/shared-config.ts'
import { type DevFacts, devAwsConfig, devConfigToml, devPromptProgram } from '../../../src/dev/dev-files.ts'
import { writePrivate } from '../../../src/dev/dev-folder.ts'
import { parseConfig } from '../../support/parsed-config.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const facts: DevFacts = {
  vaultAddress: 'http://127.0.0.1:1234',
  roleId: 'role-id',
  secretIdFile: '/d/secret-id',
  userName: 'jo',
  mfaSerial: 'arn:aws:iam::111122223333:mfa/jo',
  roles: {
    dev: 'arn:aws:iam::123456789012:role/Dev',
    prod: 'arn:aws:iam::444455556666:role/Ops',
    chained: 'arn:aws:iam::777788889999:role/Audit',
  },
  region: 'us-east-1',
  keychainFile: '/d/keychain',
  promptLog: '/d/prompts.jsonl',
  promptProgram: undefined,
}

it('writes a configuration that the daemon reads', () => {
  const config = parseConfig(devConfigToml(facts), '/d/config.toml')
  expect(config).toMatchObject({
    vaults: [{ name: 'dev', auth: { method: 'approle', role_id: 'role-id' } }],
    identities: [{ name: 'dev', role: 'dev', principals: ['jo'] }],
    hostCas: [{ name: 'dev', vault: 'dev', mount: 'ssh-host', role: 'host' }],
    keychain: { store: 'file', file: '/d/keychain' },
    prompt: { terminal: true, log: '/d/prompts.jsonl' },
  })
  expect(Object.keys(config.awsProfiles)).toEqual(['dev', 'prod', 'chained'])
})

it('asks a program and no terminal when nobody is there', () => {
  const config = parseConfig(devConfigToml({ ...facts, promptProgram: '/d/"answer"' }), '/d/config.toml')
  expect(config.prompt).toMatchObject({ terminal: false, program: '/d/"answer"' })
})

it('writes AWS profiles with a region and a credential_process and nothing else', () => {
  const { profiles } = parseSharedConfig({ config: devAwsConfig('eu-west-1', '/my bin') })
  expect([...profiles.keys()]).toEqual(['dev', 'prod', 'chained'])
  expect(Object.fromEntries(profiles.get('dev')!.values)).toEqual({
    region: 'eu-west-1',
    credential_process: `'/my bin/latchkey' aws credentials dev`,
  })
})

it('answers MFA questions and no others', () => {
  const folder = temporaryFolder()
  const [latchkey, program] = [`${folder}/it's latchkey`, `${folder}/answer`]
  writePrivate(latchkey, '#!/bin/sh\necho "$@"\n', 0o700)
  writePrivate(program, devPromptProgram(latchkey, "/it's/dev"), 0o700)
  const answer = (question: string) => execFileSync(program, [question], { encoding: 'utf8' })
  const serial = 'arn:aws:iam::111122223333:mfa/jo'
  const code = `dev code --dir /it's/dev --device ${serial}\n`
  expect(answer(`MFA code for ${serial}: `)).toBe(code)
  expect(answer(`wrong code\nMFA code for ${serial}: `)).toBe(code)
  expect(answer(`MFA code for ${serial}, for 12h of profile prod alone (mode = "direct"): `)).toBe(code)
  expect(() => answer('password for jo: ')).toThrow()
})
