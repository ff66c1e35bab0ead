import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expandPath } from '../../../../src/helper/ssh/expand-path.ts'
import { readOfferedFiles } from '../../../../src/helper/ssh/offered-files.ts'
import { sshSettings } from '../../../support/ssh-explanation.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const meaning = {
  environment: { XDG_RUNTIME_DIR: '/run/user/1' },
  home: '/home/jo',
  host: 'web',
  settings: sshSettings(),
}

it.each([
  ['~/.ssh/id', '/home/jo/.ssh/id'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh expands it
  ['${XDG_RUNTIME_DIR}/ops-cert.pub', '/run/user/1/ops-cert.pub'],
  ['%d/%r@%h-%n-%p%%', '/home/jo/jo@web.prod-web-22%'],
  // What is not known is no file.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh expands it
  ['${NOTHING}/%C', '${NOTHING}/%C'],
])('a path %s is %s', (path, expected) => {
  expect(expandPath(path, meaning)).toBe(expected)
})

it('are read where ssh looks for public keys and certificates', async () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('a.pub', 'ssh-ed25519 AAAAa comment\n')
  write('a-cert.pub', 'ssh-ed25519-cert-v01@openssh.com AAAAacert\n')
  write('b-cert.pub', 'ecdsa-sha2-nistp256-cert-v01@openssh.com AAAAb= x y\n')
  write('private', '-----BEGIN OPENSSH PRIVATE KEY-----\n')
  write('c', 'ssh-rsa AAAAc\n')
  const files = await readOfferedFiles(
    {
      identityFiles: ['a', 'b-cert.pub', 'private', 'missing'].map((name) => join(folder, name)),
      certificateFiles: [join(folder, 'c')],
    },
    meaning,
  )
  expect(files).toEqual({
    certificates: [{ file: join(folder, 'c'), blob: 'AAAAc' }],
    identities: [
      { file: join(folder, 'a.pub'), blob: 'AAAAa' },
      { file: join(folder, 'a-cert.pub'), blob: 'AAAAacert' },
      { file: join(folder, 'b-cert.pub'), blob: 'AAAAb=' },
    ],
  })
})
