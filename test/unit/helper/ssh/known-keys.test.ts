import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ReadProgram } from '../../../../src/helper/exec/read-program.ts'
import { findKnownKeys, parseKnownKeys } from '../../../../src/helper/ssh/known-keys.ts'
import { sshSettings } from '../../../support/ssh-explanation.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('are read from what ssh-keygen -F prints', () => {
  const lines = [
    '# Host web.prod found: line 1 CA',
    '@cert-authority *.prod,!x.prod ssh-ed25519 AAAAca',
    '# Host web.prod found: line 2 REVOKED',
    '@revoked * ssh-rsa AAAAold',
    '# Host web.prod found: line 3 ',
    'web.prod,10.0.0.1 ssh-ed25519 AAAAkey a comment',
    '',
    'web.prod',
  ]
  expect(parseKnownKeys(lines, '/k').map(({ role, type, key, line }) => [role, type, key, line])).toEqual([
    ['cert-authority', 'ssh-ed25519', 'AAAAca', 1],
    ['revoked', 'ssh-rsa', 'AAAAold', 2],
    ['host', 'ssh-ed25519', 'AAAAkey', 3],
  ])
})

async function find(answers: Record<string, readonly string[]>, ...settings: readonly string[]) {
  const file = join(temporaryFolder(), 'known_hosts')
  writeFileSync(file, '')
  const asked: string[] = []
  const read: ReadProgram = async (program, args) => {
    expect([program, args[0], args.slice(2)]).toEqual(['ssh-keygen', '-F', ['-f', file]])
    asked.push(args[1]!)
    return { end: { how: 'exited', status: 0 }, lines: answers[args[1]!] ?? [], complaint: '' }
  }
  const keys = await findKnownKeys(
    { ...sshSettings(...settings), knownHostsFiles: [file, '/missing/known_hosts'] },
    {},
    read,
  )
  return { asked, keys: keys.map(({ key }) => key) }
}

it('are those of the name that ssh looks for', async () => {
  expect(await find({ 'web.prod': ['x ssh-ed25519 AAAA'] })).toEqual({ asked: ['web.prod'], keys: ['AAAA'] })
  expect((await find({}, 'hostkeyalias alias', 'port 2222')).asked).toEqual(['alias'])
})

it('are those of the usual port where there are none for another one', async () => {
  const usual = { 'web.prod': ['x ssh-ed25519 AAAA'] }
  expect(await find(usual, 'port 2222')).toEqual({ asked: ['[web.prod]:2222', 'web.prod'], keys: ['AAAA'] })
  const own = { ...usual, '[web.prod]:2222': ['x ssh-ed25519 BBBB'] }
  expect(await find(own, 'port 2222')).toEqual({ asked: ['[web.prod]:2222'], keys: ['BBBB'] })
})

it('come in the order in which ssh prefers them', async () => {
  const lines = ['x unknown CCCC', 'x ssh-rsa AAAA', 'x ssh-ed25519 BBBB']
  const preferred = 'hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,rsa-sha2-512'
  expect((await find({ 'web.prod': lines }, preferred)).keys).toEqual(['BBBB', 'AAAA', 'CCCC'])
})

it.each([
  ['timed-out', 'has not been searched within 15 s about web.prod'],
  ['printed-too-much', 'has too much to say about web.prod'],
] as const)('are none where ssh-keygen has not said all (%s): what is left may be revoked', async (how, message) => {
  const file = join(temporaryFolder(), 'known_hosts')
  writeFileSync(file, '')
  const read: ReadProgram = async () => ({ end: { how }, lines: ['x ssh-ed25519 AAAA'], complaint: '' })
  await expect(findKnownKeys({ ...sshSettings(), knownHostsFiles: [file] }, {}, read)).rejects.toMatchObject({
    code: 'REFUSED',
    message: `${file} ${message}`,
    hint: `ssh-keygen -F web.prod -f ${file}`,
  })
})
