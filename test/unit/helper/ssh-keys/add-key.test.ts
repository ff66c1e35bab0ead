import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fileWith, inHome, pem, privateKey, runKeys, sealed, stored } from '../../../support/ssh-keys-command.ts'

it('the file is deleted when the stored key has signed, and stays where that fails', async () => {
  const file = fileWith(pem)
  const failing = () => {
    throw new Error('locked')
  }
  const failed = await runKeys(['add', file, '--delete-file'], { proof: failing })
  expect(failed.failure).toMatchObject({ message: 'locked' })
  expect(failed.noted).toBe(`${file} was left, because the stored key has not signed\n`)
  expect(existsSync(file)).toBe(true)
  const { calls, printed } = await runKeys(['add', file, '--delete-file'])
  expect(calls).toEqual(['listSshKeys', 'checkSshKey', 'putSshKey', 'proveSshKey'])
  expect(printed).toContain('the stored key has signed, and')
  expect(existsSync(file)).toBe(false)
})

it('a file is not read for a keychain that is lost with the daemon, if it is to be deleted', async () => {
  const check = () => ({ keychain: 'memory', endsWithDaemon: true })
  const { failure, calls } = await runKeys(['add', fileWith(pem), '--delete-file'], { check })
  expect(failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('nothing was stored') })
  expect(calls).not.toContain('putSshKey')
  expect((await runKeys(['add', fileWith(pem)], { check })).noted).toMatch(/^WARNING: that keychain is lost when/)
})

it('what the daemon has against it is known before anybody types a passphrase', async () => {
  const refuse = () => {
    throw new Error('refused')
  }
  for (const check of [
    refuse,
    // Once the file has told its public half.
    ({ body }: { body: { key?: string } }) => (body.key === undefined ? { keychain: 'stub' } : refuse()),
  ]) {
    const lines = ['right']
    const { failure, calls } = await runKeys(['add', fileWith(sealed), '--name', 'x'], { check, lines })
    expect(failure).toMatchObject({ message: 'refused' })
    expect([lines, calls.includes('putSshKey')]).toEqual([['right'], false])
  }
})

it('the same key keeps its name, unless another one is given', async () => {
  const list = { keys: [{ ...stored, name: 'mine' }] }
  expect((await runKeys(['add', fileWith(pem)], { list })).put).toMatchObject({ params: { name: 'mine' } })
  expect((await runKeys(['add', fileWith(pem), '--name', 'other'], { list })).put).toMatchObject({
    params: { name: 'other' },
  })
  const names: string[] = []
  const check = ({ params, body }: { params: { name: string }; body: { key?: string } }) => {
    if (body.key !== undefined) names.push(params.name)
    return { keychain: 'stub' }
  }
  await runKeys(['add', fileWith(sealed, 'other')], { list: { keys: [stored] }, check })
  expect(names).toEqual(['mm'])
})

it('settings that are not named are not sent, and --no-… takes one away', async () => {
  const plain = await runKeys(['add', fileWith(pem)])
  expect(Object.keys(plain.put!.body!).sort()).toEqual(['comment', 'pkcs8'])
  const { put } = await runKeys(['add', fileWith(pem), '--no-hosts', '--no-confirm', '--no-lifetime'])
  expect(put!.body).toMatchObject({ hosts: null, mustConfirm: false, lifetimeSeconds: null })
})

it('an empty passphrase is a wrong one, and one in Latin-1 is found', async () => {
  const empty = await runKeys(['add', fileWith(sealed)], { lines: ['', '', ''] })
  expect(empty.noted).toBe('the passphrase is wrong, or the key is damaged\n'.repeat(2))
  expect(empty.failure).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('the passphrase is wrong') })
  const old = privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: Buffer.from('hörse', 'latin1'),
  } as unknown as { format: 'pem'; type: 'pkcs8'; cipher: string; passphrase: string })
  expect((await runKeys(['add', fileWith(String(old))], { lines: ['hörse'] })).failure).toBeUndefined()
})

it('a file that is not read here comes with a line that makes one of it, its settings too', async () => {
  const ppk3 =
    'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: c\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n'
  const file = fileWith(ppk3, "it's  mine.ppk")
  fileWith('', "it's  mine.openssh")
  const settings = ['--name', 'mm', '--hosts', 'a,*.b', '--confirm', '--lifetime', '8h']
  const { failure } = await runKeys(['add', file, ...settings])
  const word = (name: string) =>
    `"$(printf '${inHome(name).replace(/[^\w./]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)}')"`
  const copy = word("it's  mine-2.openssh")
  expect((failure as { hint: string }).hint).toBe(
    `puttygen ${word("it's  mine.ppk")} -O private-openssh-new -o ${copy} && latchkey ssh keys add --name mm --hosts 'a,*.b' --confirm --lifetime 28800s --delete-file ${copy}`,
  )
  const piped = (await runKeys(['add', '-', '--name', 'latchkey-none'], { input: ppk3 })).failure
  expect((piped as { hint: string }).hint).toBe(
    '(umask 077 && cat > latchkey-none) && puttygen latchkey-none -O private-openssh-new -o latchkey-none.openssh && latchkey ssh keys add --name latchkey-none --delete-file latchkey-none.openssh',
  )
})
