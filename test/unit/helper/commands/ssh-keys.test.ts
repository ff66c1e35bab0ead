import { createPrivateKey } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { blob, encrypted, fileWith, inHome, pem, runKeys, stored } from '../../../support/ssh-keys-command.ts'

it('a key is handed over as PKCS #8, under the name of its file', async () => {
  const { put, printed, noted, failure } = await runKeys(['add', fileWith(pem)])
  expect(failure).toBeUndefined()
  expect(put).toMatchObject({ params: { name: 'mm' }, body: { comment: '' } })
  const der = Buffer.from(put!.body!.pkcs8, 'base64')
  expect(publicKeyFromKeyObject(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).blob).toEqual(blob)
  expect([printed, noted]).toEqual([`stored ${stored.fingerprint} as mm in the keychain (stub)\n`, ''])
})

it('settings go with it, and standard input needs a name', async () => {
  const options = ['--name', 'old', '--hosts', 'a, *.b', '--confirm', '--lifetime', '90m']
  const { put } = await runKeys(['add', '-', ...options], { input: pem })
  expect(put).toMatchObject({
    params: { name: 'old' },
    body: { hosts: ['a', '*.b'], mustConfirm: true, lifetimeSeconds: 5400, comment: '' },
  })
  expect((await runKeys(['add', '-'], { input: pem })).failure).toMatchObject({ code: 'USAGE' })
  expect((await runKeys(['add', '-', '--name', 'x', '--delete-file'], { input: pem })).failure).toMatchObject({
    code: 'USAGE',
  })
  for (const wrong of [
    ['--lifetime', 'x'],
    ['--lifetime', '0s'],
    ['--lifetime', '366d'],
    ['--hosts', ' , '],
  ])
    expect((await runKeys(['add', fileWith(pem), ...wrong])).failure).toMatchObject({
      code: 'commander.invalidArgument',
    })
})

it('a passphrase is asked for three times at most, and can be cancelled', async () => {
  const file = fileWith(encrypted)
  const right = await runKeys(['add', file], { lines: ['wrong', 'right'] })
  expect([right.failure, right.noted]).toEqual([undefined, 'the passphrase is wrong, or the key is damaged\n'])
  const wrong = await runKeys(['add', file], { lines: ['a', 'b', 'c', 'right'] })
  expect(wrong.failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('the passphrase is wrong') })
  expect((await runKeys(['add', file])).failure).toMatchObject({ code: 'CANCELLED' })
  expect(wrong.calls).toEqual(['listSshKeys', 'checkSshKey'])
})

it('what is no key is refused in words, without its text', async () => {
  const { failure, calls } = await runKeys(['add', fileWith('secret text')])
  expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('this is no private key') })
  expect(String(failure)).not.toContain('secret text')
  expect(calls).not.toContain('putSshKey')
})

it('restoring says what came of each key', async () => {
  const restored = {
    keychain: 'stub',
    restored: ['mm'],
    unreadable: ['odd'],
    missing: ['gone'],
    repeated: ['twin'],
    formerList: '/x/ssh-keys.json.damaged',
  }
  const { printed, noted } = await runKeys(['restore'], { restored })
  expect(printed).toBe('listed the static key mm as the keychain (stub) has it\n')
  expect(noted).toMatch(/the former list, which was damaged, is \/x\/ssh-keys\.json\.damaged\n/)
  expect(noted).toMatch(/does not show the listed key gone\nhint: .*latchkey ssh keys add --name gone FILE\n/)
  expect(noted).toMatch(/has of odd is no key in a form that is known here; it was left alone\n/)
  expect(noted).toMatch(/under the name twin that is listed under another one\nhint: latchkey ssh keys remove twin\n/)
  const none = { keychain: 'stub', restored: [], unreadable: [], missing: [], repeated: [] }
  expect((await runKeys(['restore'], { restored: none })).printed).toMatch(/shows no static key that is not listed as/)
})

it('a copy in ~/.ssh is warned of where it is in plaintext', async () => {
  fileWith(pem, '.ssh/id_plain')
  fileWith(encrypted, '.ssh/id_encrypted')
  fileWith('Host *\n', '.ssh/config')
  mkdirSync(inHome('.ssh/folder'))
  const warning = `WARNING: ${inHome('.ssh/id_plain')} has the same key without a passphrase`
  const added = await runKeys(['add', fileWith(pem)])
  expect(added.noted).toContain(warning)
  expect(added.noted).not.toContain('id_encrypted')
  const { noted } = await runKeys(['list'], { list: { keys: [stored] } })
  expect(noted).toContain(
    `${warning}: whoever reads it needs no keychain\nhint: latchkey ssh keys add --name mm --delete-file ${inHome('.ssh/id_plain')}\n`,
  )
})

it('the list shows where a key is, its settings and what is wrong', async () => {
  const error = { code: 'KEYCHAIN_LOCKED', message: 'the keychain is locked', hint: 'unlock it' }
  const keys = [
    { ...stored, isLoaded: true, hosts: ['a', 'b'], mustConfirm: true, lifetimeSeconds: 5400 },
    { ...stored, name: 'other', error },
  ]
  const { printed, noted } = await runKeys(['list'], { list: { keys, strays: ['lost'] } })
  expect(printed).toMatch(/^STATIC KEY +KEY +WHERE +HOSTS/)
  expect(printed).toMatch(/mm +SHA256:\S+ +in memory +a b +each use is confirmed; stays in memory for 1h 30m\n/)
  expect(printed).toMatch(
    /other +SHA256:\S+ +in the keychain +every host\n[\s\S]*other: the keychain is locked\n +hint: unlock it\n/,
  )
  expect(noted).toBe(
    'the keychain has static keys that are not listed, and so not in use: lost\nhint: latchkey ssh keys restore\n',
  )
  expect((await runKeys(['list'])).printed).toMatch(/^there is no static key; /)
  expect(JSON.parse((await runKeys(['list', '--json'], { list: { keys } })).printed)).toEqual({ keys })
})

it('a key is removed by its name', async () => {
  const { calls, printed } = await runKeys(['remove', 'mm'])
  expect([calls, printed]).toEqual([['removeSshKey'], 'removed the static key mm from the keychain\n'])
})
