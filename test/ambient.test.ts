import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scriptWord } from '../src/core/text/shell-word.ts'
import { testEnvironment } from './support/ambient.ts'
import { runOnTerminal } from './support/helper-pty.ts'
import { describeWithPeers } from './support/peers.ts'

it('the tests find nothing of the environment that they were started in but what they need', () => {
  const needed = { USER: 'jo', LOGNAME: 'jo', TMPDIR: '/t', CI: 'true', VAULT_TEST_ADDR: 'https://v', VITEST: 'true' }
  const ambient = {
    AWS_PROFILE: 'x',
    FORCE_COLOR: '3',
    HTTPS_PROXY: 'http://proxy',
    LC_ALL: 'de_DE.UTF-8',
    NODE_OPTIONS: '--require /debugger.js',
    SSH_AUTH_SOCK: '/agent',
    TZ: 'Asia/Kolkata',
    npm_config_prefix: '/p',
  }
  expect(testEnvironment({ ...needed, ...ambient, HOME: '/home/jo', PATH: '/usr/bin:/sbin' }, '/h', '/n')).toEqual({
    ...needed,
    HOME: '/h',
    PATH: '/n:/usr/bin:/sbin:/usr/local/sbin:/usr/sbin',
  })
})

it('the tests have a home of their own, with what curl would else look for in the tester’s, and the usual umask', () => {
  expect(homedir()).toMatch(/\/latchkey-tests-.*\/home$/)
  expect(existsSync(join(homedir(), '.curlrc'))).toBe(true)
  expect(process.umask()).toBe(0o022)
})

describeWithPeers('a process of the tests', ['python:pty'], () => {
  const setUp = scriptWord(join(import.meta.dirname, 'support/own-session.mjs'))

  // `; :` makes node a child of the shell, as the tests are: the shell leads the session and could not leave it.
  it.each([
    ['leaves the terminal that it was started in', `--import ${setUp}`, 'ENXIO'],
    ['would have it otherwise', '', 'open'],
  ])('%s', async (_what, flags, outcome) => {
    const source = `try { fs.openSync('/dev/tty'); console.log('open') } catch (error) { console.log(error.code) }`
    const script = `${scriptWord(process.execPath)} ${flags} -e ${scriptWord(source)} >"$out" 2>"$err"; :`
    expect(await runOnTerminal(script, [], {})).toMatchObject({ stdout: `${outcome}\n`, stderr: '' })
  })

  it('takes what it has started with it when it is ended', async () => {
    const source = `
      const child = require('child_process').spawn('sleep', ['300'], { stdio: ['ignore', 'inherit', 'inherit'] })
      child.once('spawn', () => process.kill(process.pid, 'SIGTERM'))`
    // cat ends when nobody has the pipe any more: neither node nor what it has started.
    const script = `${scriptWord(process.execPath)} --import ${setUp} -e ${scriptWord(source)} 2>"$err" | cat >"$out"; echo gone >>"$out"`
    expect(await runOnTerminal(script, [], {})).toMatchObject({ stdout: 'gone\n', stderr: '' })
  })
})
