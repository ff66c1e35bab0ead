import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Status } from '../../src/ipc/endpoints/status.ts'
import type { BuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type SshWorld, startSshWorld } from '../support/ssh-world.ts'
import { type StockAgent, startStockAgent } from '../support/stock-agent.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 20_000, interval: 100 }

describeWithPeers(
  'a key of another agent that Vault certifies',
  ['ssh', 'sshd', 'ssh-add', 'ssh-agent', 'ssh-keygen'],
  () => {
    let world: SshWorld
    beforeAll(async () => {
      world = await startSshWorld()
      for (const role of ['one', 'two'])
        await world.writeRole(role, { default_extensions: { 'permit-agent-forwarding': '' } })
      await world.writeRole('strict', { allowed_user_key_lengths: { rsa: [4096] } })
    })
    afterAll(async () => await world.close())

    /** An agent with a key, and what names it. */
    async function setUp() {
      const folder = temporaryFolder()
      const at = (name: string) => join(folder, name)
      const agent: StockAgent = await startStockAgent(at('card.sock'))
      onTestFinished(agent.stop)
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'card', '-f', at('key')])
      await agent.add('-q', at('key'))
      const [, fingerprint] = (await agent.add('-l')).split(' ')
      const card = `[ssh.upstream.card]\nsocket = "${agent.socket}"\n`
      const start = (toml: string) => world.startDaemon(toml, folder)
      return { at, agent, upstreamKey: `upstream_key = "${fingerprint}"\n`, card, start }
    }
    const list = async (daemon: BuiltDaemon) => (await daemon.run('ssh-add', ['-L'])).stdout
    /** The names of the certificates in the list, and how often the plain key is there. */
    const listed = async (daemon: BuiltDaemon) => {
      const text = await list(daemon)
      const certified = [...text.matchAll(/^\S+-cert-v01@openssh\.com \S+ (\w+): /gm)].map(([, name]) => name)
      return { certified, plain: text.match(/^ssh-ed25519 /gm)?.length ?? 0 }
    }
    const logIn = async (daemon: BuiltDaemon, ...more: readonly string[]) =>
      await daemon.run('ssh', [...more, ...world.sshd.clientOptions, `${world.userName}@127.0.0.1`, 'echo in'])
    const identityError = async (daemon: BuiltDaemon, name: string) => {
      const { ssh } = JSON.parse((await daemon.run(latchkeyPath, ['status', '--json'])).stdout) as Status
      return ssh.identities.find((identity) => identity.name === name)?.error
    }

    it('logs in for each of two identities that name it, while its agent is there', async () => {
      const { at, agent, upstreamKey, card, start } = await setUp()
      const daemon = await start(world.toml({ one: upstreamKey, two: upstreamKey }) + card)
      expect(await listed(daemon)).toEqual({ certified: ['one', 'two'], plain: 1 })
      for (const line of (await list(daemon)).split('\n').filter((each) => each.includes('-cert-v01'))) {
        writeFileSync(at('offered-cert.pub'), `${line}\n`)
        const only = ['-o', 'IdentitiesOnly=yes', '-o', `IdentityFile=${at('offered-cert.pub')}`]
        const options = world.sshd.clientOptions.flatMap((option) =>
          option === 'IdentityFile=none' ? only.slice(3) : option,
        )
        const before = world.sshd.log().length
        const { stdout } = await daemon.run('ssh', [
          ...only.slice(0, 2),
          ...options,
          `${world.userName}@127.0.0.1`,
          'echo in',
        ])
        expect(stdout).toBe('in\n')
        expect(world.sshd.log().slice(before)).toContain('ED25519-CERT')
      }
      await agent.add('-q', '-d', `${at('key')}.pub`)
      expect(await listed(daemon)).toEqual({ certified: [], plain: 0 })
      expect((await logIn(daemon)).stdout).toBe('')
      for (const name of ['one', 'two'])
        expect(await identityError(daemon, name)).toMatchObject({ code: 'UPSTREAM_KEY_AWAY' })
      await agent.add('-q', at('key'))
      expect((await logIn(daemon)).stdout).toBe('in\n')
      expect(await identityError(daemon, 'two')).toBeUndefined()
    })

    it('that comes later is certified when somebody lists', async () => {
      const { at, agent, upstreamKey, card, start } = await setUp()
      await agent.add('-q', '-D')
      const daemon = await start(world.toml({ one: `${upstreamKey}renew = "always"\n` }) + card)
      expect(await listed(daemon)).toEqual({ certified: [], plain: 0 })
      await agent.add('-q', at('key'))
      expect(await listed(daemon)).toEqual({ certified: ['one'], plain: 1 })
      await agent.stop()
      expect(await listed(daemon)).toEqual({ certified: [], plain: 0 })
      expect((await daemon.run(latchkeyPath, ['status'])).stdout).toMatch(
        /no agent lists the key SHA256:\S+ of identity one: the agent card cannot be reached/,
      )
      const again = await startStockAgent(at('card.sock'))
      onTestFinished(again.stop)
      await again.add('-q', at('key'))
      expect((await logIn(daemon)).stdout).toBe('in\n')
    })

    it('of a type that the role refuses is refused with what helps, which is not key_type', async () => {
      const { upstreamKey, card, start } = await setUp()
      const daemon = await start(world.toml({ strict: upstreamKey }) + card)
      expect(await listed(daemon)).toEqual({ certified: [], plain: 1 })
      expect(await identityError(daemon, 'strict')).toMatchObject({
        code: 'VAULT_KEY_NOT_ALLOWED',
        hint: expect.stringContaining(
          'name another key in upstream_key, or have its type put into allowed_user_key_lengths',
        ),
      })
    })

    it('is forwarded where both sections say so, and signs there what both allow', async () => {
      const { at, upstreamKey, card, start } = await setUp()
      const there = async (identity: string, agent: string) => {
        const daemon = await start(world.toml({ one: upstreamKey + identity }) + card + agent)
        try {
          // So that there is a certificate: a list of another machine is a list like any other.
          await list(daemon)
          const remote = `ssh-add -L | grep -c cert-v01; ssh-add -L >${at('remote')}; ssh-keygen -Y sign -n git -f ${at('cert.pub')} ${at('data')} >/dev/null 2>&1 && echo signed`
          return (await daemon.run('ssh', ['-A', ...world.sshd.clientOptions, `${world.userName}@127.0.0.1`, remote]))
            .stdout
        } finally {
          await daemon.end('SIGTERM')
        }
      }
      writeFileSync(at('data'), 'data')
      writeFileSync(at('cert.pub'), readFileSync(`${at('key')}.pub`))
      const allow = 'forward = "allow"\n'
      expect(await there('', '')).toBe('0\n')
      expect(await there(allow, '')).toBe('0\n')
      expect(await there('', allow)).toBe('0\n')
      expect(await there(allow, allow)).toBe('1\n')
      const commits = 'sign = ["login", "sshsig:git"]\n'
      expect(await there(allow + commits, allow)).toBe('1\n')
      expect(await there(allow + commits, allow + commits)).toBe('1\nsigned\n')
    })

    it('is gone with the section of its agent', async () => {
      const { upstreamKey, card, start } = await setUp()
      const toml = world.toml({ one: upstreamKey })
      const other = '[ssh.upstream.other]\nsocket = "/nowhere"\n'
      const daemon = await start(toml + card + other)
      expect(await listed(daemon)).toEqual({ certified: ['one'], plain: 1 })
      writeFileSync(daemon.env.LATCHKEY_CONFIG!, `${toml}${other}\n[keychain]\nstore = "memory"\n`)
      await expect.poll(async () => await listed(daemon), patience).toEqual({ certified: [], plain: 0 })
    })
  },
)
