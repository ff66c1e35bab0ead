import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scriptWord } from '../../src/core/text/shell-word.ts'
import { inDev } from '../support/latchkey.ts'
import { describeWithPeers, findProgram } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const tour = scriptWord(join(import.meta.dirname, '../../scripts/tour.mjs'))

/** A PATH with these programs and no others, but what is in the system's sbin. */
function pathWith(...names: readonly string[]): string {
  const folder = join(temporaryFolder(), 'bin')
  mkdirSync(folder)
  for (const name of names) symlinkSync(name === 'node' ? process.execPath : findProgram(name)!, join(folder, name))
  return folder
}

describe('the tour of npm start', () => {
  it('where there is neither ssh nor aws shows the rest, and does not say that all of it worked', async () => {
    const { status, stdout, stderr } = await inDev(`node ${tour}`, { env: { PATH: pathWith('node', 'sh', 'env') } })
    expect({ status, stderr: stderr.split('\n').slice(1) }).toEqual({ status: 0, stderr: [''] })
    expect(stdout).toContain('$ latchkey aws credentials dev\n  {"Version":1')
    expect(stdout.slice(stdout.lastIndexOf('\n\n'))).toBe(`

What was shown worked.
Left out: the three steps with ssh (Debian: apt-get install openssh-client).
Left out: the AWS CLI (Debian: apt-get install awscli).
In a terminal, npm start stays up for you to try things.
`)
  })
})

describeWithPeers('the whole tour', ['ssh', 'ssh-add', 'ssh-keygen', 'sshd', 'aws'], () => {
  it('shows a login and AWS credentials, and says that all of it worked', async () => {
    const { status, stdout } = await inDev(`node ${tour}`)
    expect(status).toBe(0)
    expect(stdout).toMatch(/\nsshd says: Accepted publickey for /)
    expect(stdout).toContain('assumed-role/DeveloperRole/')
    expect(stdout).toContain('\nAll of that worked.\n')
  })
})
