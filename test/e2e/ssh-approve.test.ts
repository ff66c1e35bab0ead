import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { type LiveTerminal, liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describeWithPeers('a terminal that approves', ['ssh-add', 'ssh-keygen', 'script'], () => {
  let home: string
  let daemon: BuiltDaemon
  const silence = 'exec sleep 1000'
  const at = (name: string) => join(home, name)

  /** @param dialog what the program with a dialog does */
  const start = async (dialog: string, settings = '') => {
    writeFileSync(at('dialog'), `#!/bin/sh\n${dialog}\n`, { mode: 0o700 })
    daemon = await startBuiltDaemon(home, `[prompt]\nprogram = ${JSON.stringify(at('dialog'))}\n${settings}\n`)
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', at('key')])
    await daemon.run('ssh-add', ['-q', '-c', at('key')])
  }
  beforeEach(() => {
    home = temporaryFolder()
  })
  afterEach(() => daemon.end('SIGTERM'))

  const approve = async (): Promise<LiveTerminal> => {
    const terminal = liveTerminal(`${latchkeyPath} ssh approve`, { ...process.env, ...daemon.env })
    await terminal.shows('waiting for keys that are to be confirmed')
    return terminal
  }
  const use = (): { client: ChildProcess; status: Promise<number | null> } => {
    const client = spawn('ssh-add', ['-T', `${at('key')}.pub`], {
      env: { ...process.env, ...daemon.env },
      stdio: 'ignore',
    })
    return { client, status: once(client, 'close').then(([status]) => status as number | null) }
  }

  it('is where all questions are answered, one after the other, whatever dialog there is', async () => {
    await start(`[ -e ${at('dialogs')} ] || exec sleep 1000; echo "$1" >>${at('dialogs')}; echo yes`)
    const terminal = await approve()
    // It has come when a question is put to it.
    const first = use()
    await terminal.shows('(yes/no): ')
    writeFileSync(at('dialogs'), '')
    terminal.type('yes\n')
    expect(await first.status).toBe(0)
    const uses = [use(), use(), use(), use()]
    for (const word of ['yes', 'no', 'yes', 'yes']) {
      await terminal.shows('(yes/no): ')
      terminal.type(`${word}\n`)
    }
    const refused = (await Promise.all(uses.map(({ status }) => status))).filter((status) => status !== 0)
    expect(refused).toEqual([1])
    expect(readFileSync(at('dialogs'), 'utf8')).toBe('')
    terminal.kill()
    await terminal.ended
    expect(await use().status).toBe(0)
    expect(readFileSync(at('dialogs'), 'utf8')).toContain('allow this use of mine')
  })

  it('says that a question was withdrawn, and takes nothing that was typed for it as an answer to the next', async () => {
    await start(silence)
    const terminal = await approve()
    const first = use()
    await terminal.shows('(yes/no): ')
    terminal.type('ye')
    await terminal.shows('ye')
    const second = use()
    first.client.kill('SIGKILL')
    await terminal.shows('withdrawn: nobody waits for this answer any more')
    // The person had begun to type, and goes on before the next one comes.
    terminal.type('s\n')
    await terminal.shows('(yes/no): ')
    terminal.type('no\n')
    expect(await second.status).toBe(1)
    const third = use()
    await terminal.shows('(yes/no): ')
    terminal.type('maybe\n')
    await terminal.shows('maybe')
    await terminal.shows('answer yes or no')
    await terminal.shows('(yes/no): ')
    terminal.type('yes\n')
    expect(await third.status).toBe(0)
    void use()
    await terminal.shows('(yes/no): ')
    terminal.type('\u0003')
    await terminal.shows('cancelled: allow this use of mine')
    expect(await terminal.ended).toBe(130)
  })

  it('takes a question over from a dialog that nobody answers', async () => {
    await start(`echo >${at('dialogs')}; exec sleep 1000`)
    const { status } = use()
    await vi.waitFor(() => expect(existsSync(at('dialogs'))).toBe(true), { timeout: 20_000 })
    const terminal = await approve()
    await terminal.shows('(yes/no): ')
    terminal.type('yes\n')
    expect(await status).toBe(0)
  })

  it('refuses where no terminal is asked', async () => {
    await start(silence, 'terminal = false')
    const terminal = liveTerminal(`${latchkeyPath} ssh approve`, { ...process.env, ...daemon.env })
    await terminal.shows('terminal = false in config.toml: no question is put to a terminal')
    await terminal.shows('hint: remove terminal = false from [prompt], then: latchkey ssh approve')
    expect(await terminal.ended).toBe(1)
    const inBuildJob = liveTerminal(`env CI=1 ${latchkeyPath} ssh approve`, { ...process.env, ...daemon.env })
    await inBuildJob.shows('keys are approved in a terminal, and in its foreground')
    expect(await inBuildJob.ended).toBe(1)
  })
})
