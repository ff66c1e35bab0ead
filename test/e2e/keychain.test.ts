import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle, nativeModules } from '../support/bundle.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

interface Step {
  name: string
  value?: unknown
  code?: string
  message?: string
  ms: number
}

/** A bus that starts nothing by itself: what is there is what the test has started. */
const busConfig = (folder: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`

/** Locked means locked, wherever it is asked. */
const isLocked = { code: 'KEYCHAIN_LOCKED', message: 'the Secret Service is locked' }

describeWithPeers('gnome-keyring', ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon'], () => {
  let folder = ''
  const steps = new Map<string, Step>()

  beforeAll(async () => {
    folder = makeFolder()
    const [home, runtime, config] = [join(folder, 'home'), join(folder, 'run'), join(folder, 'bus.conf')]
    mkdirSync(home)
    mkdirSync(runtime, { mode: 0o700 })
    writeFileSync(config, busConfig(runtime))
    const program = bundle(folder, `import './test/e2e/keychain-session.ts'`)
    const env = {
      HOME: home,
      XDG_RUNTIME_DIR: runtime,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
      NODE_PATH: nativeModules,
    }
    const args = [`--config-file=${config}`, '--', process.execPath, program, join(folder, 'state')]
    const { status, stdout, stderr } = await run('dbus-run-session', args, { env, timeoutMs: 150_000 })
    if (status !== 0) throw new Error(`the session ended with ${status}\n${stdout}${stderr}`)
    for (const line of stdout.trim().split('\n')) {
      const step = JSON.parse(line) as Step
      steps.set(step.name, step)
    }
  })
  afterAll(() => removeFolder(folder))

  const answerTo = (name: string) => {
    const { ms: _, name: __, ...answer } = steps.get(name)!
    return answer
  }

  it('keeps, replaces, lists and removes items', () => {
    expect(answerTo('unlocked: get nothing')).toEqual({})
    expect(answerTo('unlocked: get')).toEqual({ value: 'first' })
    expect(answerTo('unlocked: get replaced')).toEqual({ value: 'sécond\u0000 "x"' })
    expect(answerTo('unlocked: get another')).toEqual({ value: '' })
    expect(answerTo('unlocked: list')).toEqual({ value: ['aws/key/master', 'vault/corp/token'] })
    expect(answerTo('unlocked: delete')).toEqual({ value: true })
    expect(answerTo('unlocked: delete again')).toEqual({ value: false })
    expect(answerTo('unlocked: list after')).toEqual({ value: ['aws/key/master'] })
    expect(answerTo('unlocked: many at once')).toEqual({ value: Array.from({ length: 20 }, () => true) })
  })

  it('is used again after it was restarted', () => {
    expect(answerTo('restarted: get')).toEqual({ value: 'sécond\u0000 "x"' })
    expect(answerTo('restarted: set')).toEqual({})
    expect(answerTo('restarted: list')).toEqual({ value: ['aws/key/master'] })
    expect(answerTo('back: get')).toEqual({ value: 'after the restart' })
  })

  it.each(['get', 'set', 'set another', 'delete', 'list'])('is locked, and that is no miss: %s', (call) => {
    expect(answerTo(`locked: ${call}`)).toMatchObject(isLocked)
  })

  it('is locked when it was never unlocked', () => {
    expect(answerTo('never unlocked: get')).toMatchObject(isLocked)
  })

  it.each(['no provider: get', 'no provider: list', 'gone: get'])(
    'is unavailable where nothing provides it: %s',
    (name) => {
      expect(answerTo(name)).toMatchObject({
        code: 'KEYCHAIN_UNAVAILABLE',
        message: 'no program provides the Secret Service',
      })
    },
  )

  it('that has no keyring cannot store, and says so', () => {
    expect(answerTo('no keyring: get')).toEqual({})
    expect(answerTo('no keyring: set')).toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: 'the Secret Service has no default keyring',
    })
  })

  it('that hangs is not asked twice in a row, for each attempt blocks the process', () => {
    expect(answerTo('hung: get')).toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(answerTo('hung: get again')).toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(steps.get('hung: get again')!.ms).toBeLessThan(steps.get('hung: get')!.ms)
  })

  it('is what auto chooses where it can store, locked or not, and stays with', () => {
    expect(answerTo('unlocked: auto')).toEqual({ value: 'Secret Service' })
    expect(answerTo('locked: auto')).toEqual({ value: 'Secret Service' })
    expect(answerTo('gone: auto stays')).toEqual({ value: 'Secret Service' })
  })

  it('is not what auto chooses where it is missing or cannot store', () => {
    const file = join(folder, 'state', 'no-provider', 'keychain')
    expect(answerTo('no provider: auto')).toEqual({
      value: `file ${file} (no program provides the Secret Service)`,
    })
    expect(readFileSync(file, 'utf8')).toContain('latchkey-keychain')
    const other = join(folder, 'state', 'no-keyring', 'keychain')
    expect(answerTo('no keyring: auto')).toEqual({
      value: [`file ${other} (the Secret Service has no default keyring)`, 'in the file'],
    })
  })
})
