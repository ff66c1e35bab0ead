import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { startDevSession } from '../support/dev-session.ts'
import { inDev, latchkey, latchkeyPath } from '../support/latchkey.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Resolves when nobody listens there any more: a connection that is open ends with its listener. */
async function gone(socketPath: string): Promise<void> {
  const socket = connect(socketPath)
  socket.on('error', () => {})
  await once(socket, 'close')
}

describe('latchkey dev', () => {
  it('ends with the exit status of its command, and leaves nothing behind', async () => {
    const { status, stdout } = await inDev('echo "$LATCHKEY_DEV_DIR"; exit 7')
    expect(status).toBe(7)
    expect(existsSync(stdout.trim())).toBe(false)
  })

  it('ends as a shell does when a signal ends its command', async () => {
    expect((await inDev('kill -TERM $$')).status).toBe(143)
  })

  it('does not run its command when a signal comes while it starts', async () => {
    const dir = temporaryFolder()
    const watcher = watch(dir)
    const begun = once(watcher, 'change')
    const dev = spawn(latchkeyPath, ['dev', '--dir', dir, '--', 'touch', join(dir, 'ran')], { stdio: 'ignore' })
    await begun
    watcher.close()
    dev.kill('SIGTERM')
    expect(await once(dev, 'close')).toEqual([143, null])
    expect(existsSync(join(dir, 'ran'))).toBe(false)
    expect(existsSync(join(dir, 'run', 'api.sock'))).toBe(false)
  })

  it('says on stderr what it is, and nothing on stdout', async () => {
    const { stdout, stderr } = await inDev('true')
    expect(stdout).toBe('')
    expect(stderr).toMatch(/for development only, on loopback/)
  })

  it('sets every variable that a command needs, and none that leads elsewhere', async () => {
    const { stdout } = await inDev('env', {
      env: {
        AWS_PROFILE: 'mine',
        AWS_ACCESS_KEY_ID: 'AKIA',
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
        VAULT_NAMESPACE: 'ns',
        BAO_ADDR: 'https://real',
      },
    })
    const names = stdout.split('\n').map((line) => line.split('=')[0])
    for (const name of [
      'SSH_AUTH_SOCK',
      'LATCHKEY_CONFIG',
      'LATCHKEY_RUNTIME_DIR',
      'LATCHKEY_DEV_DIR',
      'LATCHKEY_DEV_TOTP_SECRET',
      'VAULT_ADDR',
      'VAULT_TOKEN',
      'AWS_CONFIG_FILE',
      'AWS_SHARED_CREDENTIALS_FILE',
      'AWS_ENDPOINT_URL_STS',
      'AWS_ENDPOINT_URL_IAM',
      'AWS_ENDPOINT_URL_SIGNIN',
    ]) {
      expect(names).toContain(name)
    }
    for (const name of [
      'AWS_PROFILE',
      'AWS_ACCESS_KEY_ID',
      'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
      'VAULT_NAMESPACE',
      'BAO_ADDR',
    ]) {
      expect(names).not.toContain(name)
    }
  })

  it('keeps its servers out of the proxy that its caller uses', async () => {
    const proxies = { http_proxy: 'http://127.0.0.1:1', NO_PROXY: 'intranet' }
    const { stdout } = await inDev('echo $no_proxy $NO_PROXY; curl -s $VAULT_ADDR/v1/sys/health', { env: proxies })
    expect(stdout).toMatch(/^intranet,127\.0\.0\.1 intranet,127\.0\.0\.1\n\{.*"initialized":true/)
  })

  it('goes on with the same CA in the same folder', async () => {
    const dir = temporaryFolder()
    const run = async () => (await inDev('cat $LATCHKEY_DEV_DIR/ca.pub; ssh-add -L | cut -d" " -f1', { dir })).stdout
    const first = await run()
    expect(first).toMatch(/^ssh-ed25519 AAAA\S+\n?.*\nssh-ed25519-cert-v01@openssh\.com\n$/s)
    expect(await run()).toBe(first)
  })

  it('is one for a folder', async () => {
    const dir = temporaryFolder()
    const session = await startDevSession(dir)
    try {
      const second = await inDev('true', { dir })
      expect(second.status).toBe(1)
      expect(second.stderr).toMatch(/^latchkey: another latchkey dev \(pid \d+\) uses .*\nhint: .*--dir\n$/)
      expect((await session.run('latchkey', ['status'])).status).toBe(0)
    } finally {
      await session.stop()
    }
  })

  it('takes its daemon down with it, even when it is killed', async () => {
    const dir = temporaryFolder()
    const dev = spawn(latchkeyPath, ['dev', '--dir', dir], { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const line of createInterface(dev.stdout)) if (line.startsWith('Ctrl-C')) break
    const ending = gone(join(dir, 'run', 'api.sock'))
    dev.kill('SIGKILL')
    await ending
    // And the folder is free for the next run, which goes on.
    expect((await inDev('ssh-add -L', { dir })).stdout).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
  })

  it('stays up without a command until it is interrupted, and says what to try', async () => {
    const dir = temporaryFolder()
    const dev = spawn(latchkeyPath, ['dev', '--dir', dir], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '/dev/null' },
    })
    let said = ''
    for await (const line of createInterface(dev.stdout)) {
      said += `${line}\n`
      if (line.startsWith('Ctrl-C')) break
    }
    expect(said).toContain(`export SSH_AUTH_SOCK=${join(dir, 'run', 'agent.sock')}\n`)
    expect(said).toContain('latchkey aws credentials dev')
    expect(said).not.toContain('VAULT_TOKEN')
    // What is as it was there before needs no export.
    expect(said).not.toContain('NODE_EXTRA_CA_CERTS')
    const ended = once(dev, 'close')
    dev.kill('SIGINT')
    expect(await ended).toEqual([0, null])
    expect(existsSync(join(dir, 'run', 'api.sock'))).toBe(false)
  })

  it('shows the reason when its daemon does not start', async () => {
    const { status, stderr } = await latchkey(['dev', '--dir', '/dev/null/x'], {})
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: /)
  })

  it('keeps from its daemon what a terminal has set for node', async () => {
    const env = { NODE_OPTIONS: '--trace-warnings', NODE_DEBUG: 'http', NODE_V8_COVERAGE: join(temporaryFolder(), 'c') }
    const { status, stderr } = await inDev('cat "$LATCHKEY_DEV_DIR/daemon.log" >&2; latchkey status >/dev/null', {
      env,
    })
    expect(status).toBe(0)
    expect(stderr).toContain('listening')
    expect(stderr).not.toMatch(/^HTTP \d+: .*X-Vault-Token/im)
  })

  it('refuses a command line that it does not understand', async () => {
    expect(await latchkey(['dev', 'ls'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^latchkey: unknown argument ls\nhint: latchkey dev/),
    })
    const { status, stderr } = await latchkey(['dev', '--', '/no/such/program'])
    expect(status).toBe(127)
    expect(stderr).toContain('latchkey: cannot run /no/such/program: there is no such program\n')
  })

  it('has no ~/.ssh/config name what vanishes: ssh config prints there, and edits only a file that is named', async () => {
    const dir = temporaryFolder()
    const state = temporaryFolder()
    const script = `latchkey ssh config >/dev/null || exit 9; latchkey ssh config --install; first=$?
      latchkey ssh config --install -F "$LATCHKEY_DEV_DIR/own" >/dev/null; echo "$first $?"`
    const { status, stdout, stderr } = await inDev(script, { dir, env: { XDG_STATE_HOME: state } })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '2 0\n' })
    expect(stderr).toContain('ssh config --install -F FILE writes this to ')
    expect(stderr).toContain('hint: name another file: -F FILE, or run this outside of latchkey dev\n')
    expect(readFileSync(join(dir, 'own'), 'utf8')).toContain(`\nInclude ${join(dir, 'ssh_config')}\n`)
    expect(existsSync(join(state, 'latchkey/ssh_config'))).toBe(false)
  })

  it('writes logs without a secret', async () => {
    const dir = temporaryFolder()
    const { stdout } = await inDev('echo $VAULT_TOKEN; ssh-add -L >&2; latchkey aws credentials dev', { dir })
    const [token = '', credentials = ''] = stdout.split('\n')
    const { SecretAccessKey, SessionToken } = JSON.parse(credentials)
    const state = JSON.parse(readFileSync(join(dir, 'aws-state.json'), 'utf8'))
    const secrets = [token, SecretAccessKey, SessionToken, state.users[0].accessKeys[0].secret]
    const secretId = readFileSync(join(dir, 'vault-secret-id'), 'utf8').trim()
    for (const log of ['vault-calls.jsonl', 'aws-calls.jsonl', 'prompts.jsonl', 'daemon.log']) {
      const text = readFileSync(join(dir, log), 'utf8')
      expect(text).not.toBe('')
      for (const secret of [...secrets, secretId]) expect(text.includes(secret)).toBe(false)
    }
  })
})
