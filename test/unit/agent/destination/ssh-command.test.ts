import { describe, expect, it } from 'vitest'
import { askedHost } from '../../../../src/agent/destination/ssh-command.ts'

const asked = (line: string) => askedHost(line.split(' '))

describe('what ssh was told to connect to', () => {
  it.each([
    ['ssh db.example', { host: 'db.example' }],
    ['/usr/bin/ssh jo@DB.example ls -p 1', { host: 'db.example' }],
    ['ssh -p 2222 db.example', { host: 'db.example', port: 2222 }],
    ['ssh db.example -p2222 ls', { host: 'db.example', port: 2222 }],
    ['ssh -4vAp 2222 -i id db.example', { host: 'db.example', port: 2222 }],
    ['ssh -J gate.example -l jo db.example', { host: 'db.example' }],
    ['ssh -vJgate.example db.example', { host: 'db.example' }],
    ['ssh -o Port=2222 -oUser=jo db.example', { host: 'db.example', port: 2222 }],
    ['ssh -p 1 -p 2 db.example', { host: 'db.example', port: 1 }],
    ['ssh -o HostName=10.0.0.1 db', { host: '10.0.0.1' }],
    ['ssh -o HostKeyAlias=db-one -oHostName=10.0.0.1 db', { host: 'db-one' }],
    ['ssh -o HostKeyAlias=db-one -p 2222 db', { host: 'db-one' }],
    ['ssh -o HostKeyAlias=[db-one]:42 -p 2222 db', { host: 'db-one', port: 42 }],
    ['ssh ssh://jo@db.example:2222', { host: 'db.example', port: 2222 }],
    ['ssh ssh://db.example/', { host: 'db.example' }],
    ['ssh ssh://[::1]:2222', { host: '::1', port: 2222 }],
    ['ssh -- db.example', { host: 'db.example' }],
    ['ssh a@b@db.example', { host: 'db.example' }],
    ['ssh ::1', { host: '::1' }],
    ['ssh -p 70000 db.example', { host: 'db.example' }],
    ['ssh -p x db.example', { host: 'db.example' }],
  ])('%s', (line, expected) => {
    expect(asked(line)).toEqual(expected)
  })

  it('may be set with a blank in the place of the equals sign', () => {
    expect(askedHost(['ssh', '-o', 'Port 2222', 'db'])).toEqual({ host: 'db', port: 2222 })
  })

  it.each(['plink db.example', 'ssh-add -l', 'ssh', 'ssh -V', 'ssh -p', 'ssh --'])('is nothing in %s', (line) => {
    expect(asked(line)).toBeUndefined()
  })

  it('is nothing where the command line cannot be read', () => {
    expect(askedHost([])).toBeUndefined()
  })
})
