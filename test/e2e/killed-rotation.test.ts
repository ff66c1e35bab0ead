import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { type RotationScene, rotatingUser, startRotationScene } from '../support/rotation-scene.ts'

/** What befalls a run: at its call with this number, counted from 1, before or after the call has taken effect. */
interface Kill {
  whom: 'daemon' | 'command'
  atCall: number
  when: 'before' | 'after'
}

/** Runs the command, and kills it or the daemon. @returns how the command ended; undefined: it came to its end before */
async function runKilled(scene: RotationScene, { whom, atCall, when }: Kill) {
  const command = spawn(latchkeyPath, ['aws', 'keys', 'rotate', 'master'], {
    env: { ...process.env, ...scene.daemon.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let calls = 0
  let isKilled = false
  scene.onCalls(() => {
    calls += 1
    if (calls !== atCall) return undefined
    isKilled = true
    if (whom === 'command') command.kill('SIGKILL')
    else process.kill(scene.daemon.pid, 'SIGKILL')
    return whom === 'daemon' ? { type: 'reset', when } : undefined
  })
  const [stdout, stderr, [status]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'close') as Promise<[number | null]>,
  ])
  scene.onCalls(undefined)
  return isKilled ? { status, stdout, stderr } : undefined
}

/** Kills a run at each of its calls to AWS, one scene after the other, and has the next one end what it has begun. */
async function killEverywhere(
  kill: Omit<Kill, 'atCall'>,
  judge: (ended: { status: number | null; stdout: string; stderr: string }) => void,
) {
  const outcomes: string[] = []
  for (let atCall = 1; ; atCall += 1) {
    const scene = await startRotationScene()
    try {
      const ended = await runKilled(scene, { ...kill, atCall })
      if (ended === undefined) return outcomes
      judge(ended)
      if (kill.whom === 'daemon') await scene.restart()
      const next = await scene.rotate()
      expect({ atCall, status: next.status, stderr: next.stderr }).toMatchObject({ atCall, status: 0 })
      const keys = scene.aws.user(rotatingUser)!.accessKeys
      expect({ atCall, keys: keys.map(({ status }) => status) }).toEqual({ atCall, keys: ['Inactive', 'Active'] })
      const list = await scene.daemon.run(latchkeyPath, ['aws', 'keys', 'list', '--json'])
      expect(JSON.parse(list.stdout).keys).toMatchObject([{ source: 'master', accessKeyId: keys[1]!.id }])
      const session = await scene.daemon.run(latchkeyPath, ['aws', 'credentials', 'master'])
      expect({ atCall, status: session.status, stderr: session.stderr }).toEqual({ atCall, status: 0, stderr: '' })
      outcomes.push(next.stdout)
    } finally {
      await scene.close()
    }
  }
}

describeWithPeers('a rotation whose daemon is killed at any call to AWS', ['curl'], () => {
  const says = ({ status, stderr }: { status: number | null; stderr: string }) => {
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: .*\nhint: /m)
  }

  it('is ended by the next run, where the call had no effect', async () => {
    const outcomes = await killEverywhere({ whom: 'daemon', when: 'before' }, says)
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    expect(outcomes.join()).not.toContain('is deleted')
  }, 240_000)

  it('is ended by the next run, where the answer was lost', async () => {
    const outcomes = await killEverywhere({ whom: 'daemon', when: 'after' }, says)
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    // The secret of one new key died with the daemon.
    expect(outcomes.filter((output) => output.includes('before it could store the secret'))).toHaveLength(1)
  }, 240_000)
})

describeWithPeers('a rotation whose command is killed at any call to AWS', ['curl'], () => {
  it('is ended by the next run, while the daemon ends the step', async () => {
    const outcomes = await killEverywhere({ whom: 'command', when: 'before' }, ({ status }) =>
      expect(status).toBe(null),
    )
    expect(outcomes.length).toBeGreaterThanOrEqual(8)
    expect(outcomes.join()).not.toContain('is deleted')
  }, 240_000)
})
