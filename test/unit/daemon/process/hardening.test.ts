import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Environment, openingNodeVariables } from '../../../../src/core/places/environment.ts'
import { daemonNodeOptions } from '../../../../src/core/programs/daemon-node-options.ts'
import { type HardenedProcess, hardenMemory, hardenProcess } from '../../../../src/daemon/process/hardening.ts'
import { refusedOption } from '../../../../src/daemon/process/node-options.ts'
import { bundle } from '../../../support/bundle.ts'
import { run } from '../../../support/run.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Sizes, whom TLS trusts, how hosts are reached, silence; of those that node takes from NODE_OPTIONS. */
const harmless: readonly string[] = [
  '--disable-warning',
  '--dns-result-order',
  '--enable-network-family-autoselection',
  '--max-heap-size',
  '--max-old-space-size',
  '--max-old-space-size-percentage',
  '--max-semi-space-size',
  '--network-family-autoselection',
  '--network-family-autoselection-attempt-timeout',
  '--no-deprecation',
  '--no-network-family-autoselection',
  '--no-warnings',
  '--stack-trace-limit',
  '--title',
  '--tls-max-v1.2',
  '--tls-max-v1.3',
  '--tls-min-v1.2',
  '--tls-min-v1.3',
  '--use-bundled-ca',
  '--use-openssl-ca',
  '--use-system-ca',
  '--v8-pool-size',
]

function fakeProcess(execArgv: readonly string[] = [], nodeOptions?: string, env: Environment = {}) {
  const done: string[] = []
  const process: HardenedProcess = {
    execArgv,
    env: { NODE_OPTIONS: nodeOptions, ...env },
    on: (signal) => done.push(signal),
    umask: (mask) => done.push(`umask ${mask.toString(8)}`),
  }
  return { process, done }
}

it('handles the signal of the inspector before anything else, and sets the umask', () => {
  const { process, done } = fakeProcess()
  hardenProcess(process)
  expect(done).toEqual(['SIGUSR1', 'umask 77'])
})

it.each([
  '--inspect',
  '--inspect=0.0.0.0:9229',
  '--inspect-brk',
  '--inspect_brk',
  '--debug-port=1',
  '--heapsnapshot-signal=SIGUSR2',
  '--heapsnapshot-near-heap-limit=1',
  '--heap-prof',
  '--report-on-signal',
  '--report-uncaught-exception',
  '--abort-on-uncaught-exception',
  '--tls-keylog=/tmp/keys',
  '--require=./code.js',
  '--import=data:text/javascript,1',
  '--loader=./code.mjs',
  '--experimental-loader=./code.mjs',
  '--openssl-config=/tmp/openssl.cnf',
  '--openssl-shared-config',
  '--openssl-legacy-provider',
  '--trace-tls',
  '--trace-warnings',
  '--trace-event-categories=node.http',
  '--insecure-http-parser',
  '--max-http-header-size=1000000000',
  '--tls-min-v1.0',
  '--tls-min-v1.1',
  '--tls-cipher-list=NULL',
  '--unhandled-rejections=none',
  '--unhandled-rejections=warn',
  '--perf-basic-prof',
  '--perf-prof',
  '--prof',
  '--cpu-prof',
  '--redirect-warnings=/tmp/log',
  '--diagnostic-dir=/tmp',
  '--env-file=/tmp/env',
  '--eval=1',
  '--build-snapshot',
  '--snapshot-blob=/tmp/blob',
  '--watch',
  '--test',
  '--experimental-config-file=/tmp/node.json',
  '--experimental-permission',
  '--allow-natives-syntax',
  '--expose-gc',
  // It ends the process when it is full.
  '--secure-heap=65536',
  '--secure-heap-min=32',
  '--nosecure-heap',
  '-e',
])('refuses %s, on the command line and in NODE_OPTIONS', (option) => {
  const name = option.split('=')[0]!.replaceAll('_', '-')
  const refused = { code: 'NODE_OPTION_REFUSED', message: expect.stringContaining(`${name}:`) }
  expect(() => hardenProcess(fakeProcess([option]).process)).toThrow(expect.objectContaining(refused))
  expect(() => hardenProcess(fakeProcess([], `--max-old-space-size=64  ${option}`).process)).toThrow(
    expect.objectContaining({ ...refused, hint: 'unset NODE_OPTIONS; latchkey daemon' }),
  )
})

it.each([
  ['-r', './code.js'],
  ['--require', './code.js'],
])('refuses %s with a separate value', (...options) => {
  expect(() => hardenProcess(fakeProcess(options).process)).toThrow(/may open the process/)
  expect(() => hardenProcess(fakeProcess([], options.join(' ')).process)).toThrow(/may open the process/)
})

it.each(['--require "./with blank.js"', '"--require" x', '--max-old-space-size=64 "--inspect"'])(
  'reads the quotes of NODE_OPTIONS: %s',
  (text) => {
    expect(() => hardenProcess(fakeProcess([], text).process)).toThrow(/may open the process/)
  },
)

it('does not show the value of an option', () => {
  expect(() => hardenProcess(fakeProcess(['--require=/home/jo/hunter2']).process)).not.toThrow(/hunter2/)
})

it('accepts none of the options of this node but a few that do no harm', () => {
  const taken = [...process.allowedNodeEnvironmentFlags].filter((option) => refusedOption([option]) === undefined)
  expect(taken.toSorted()).toEqual(harmless.filter((option) => process.allowedNodeEnvironmentFlags.has(option)))
})

it.each(openingNodeVariables)('refuses %s, whose effect cannot be undone', (name) => {
  expect(() => hardenProcess(fakeProcess([], undefined, { [name]: 'x' }).process)).toThrow(
    expect.objectContaining({
      code: 'NODE_VARIABLE_REFUSED',
      message: expect.stringContaining(`${name}:`),
      hint: `unset ${name}; latchkey daemon`,
    }),
  )
  expect(() => hardenProcess(fakeProcess([], undefined, { [name]: '' }).process)).not.toThrow()
})

it('never happens as a service: its unit removes all of them', () => {
  const unit = readFileSync('packaging/systemd/latchkey.service', 'utf8')
  const [, names] = /^UnsetEnvironment=(.*)$/m.exec(unit)!
  expect(names!.split(' ')).toEqual(['NODE_OPTIONS', ...openingNodeVariables])
})

it('accepts the options that the service starts it with', () => {
  const options = daemonNodeOptions
  expect(() => hardenProcess(fakeProcess(options, '--no-warnings --title="my --inspect"').process)).not.toThrow()
})

it('makes the memory unreadable and forbids core files, as far as possible', () => {
  const done: string[] = []
  hardenMemory({
    peerCredentials: () => undefined,
    notify: () => false,
    setNotDumpable: () => done.push('not dumpable') === 0,
    forbidCoreDumps: () => done.push('no core') === 0,
    returnFreeMemory: () => {},
  })
  expect(done.sort()).toEqual(['no core', 'not dumpable'])
})

describe('a real node', () => {
  const program = () =>
    bundle(
      temporaryFolder(),
      `import { hardenProcess } from './src/daemon/process/hardening.ts'
       try { hardenProcess(process) } catch (error) { console.log(error.code); process.exit(1) }
       process.stdin.on('data', () => console.log('alive')).on('end', () => process.exit(0))
       console.log('started')`,
    )

  it('opens no inspector on SIGUSR1 and keeps running', async () => {
    const child = spawn(process.execPath, [program()], { stdio: ['pipe', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill())
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += String(chunk)
    })
    await once(child.stdout, 'data')
    for (let time = 0; time < 3; time += 1) {
      child.kill('SIGUSR1')
      child.stdin.write('are you there?\n')
      expect(String((await once(child.stdout, 'data'))[0])).toBe('alive\n')
    }
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(errors).toBe('')
  })

  it('shows what would happen on SIGUSR1 without the listener', async () => {
    const source = "process.stdin.resume(); console.log('started')"
    const child = spawn(process.execPath, ['--inspect-port=0', '-e', source], { stdio: ['pipe', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill())
    await once(child.stdout, 'data')
    child.kill('SIGUSR1')
    expect(String((await once(child.stderr, 'data'))[0])).toContain('Debugger listening on')
  })

  it.each([
    [['--heap-prof'], {}],
    [[], { NODE_OPTIONS: '--import=data:text/javascript,1' }],
    [['--trace-tls'], {}],
  ])('does not start with %j %j', async (options, env) => {
    const { status, stdout } = await run(process.execPath, [...options, program()], { env, cwd: temporaryFolder() })
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'NODE_OPTION_REFUSED\n' })
  })

  it.each(openingNodeVariables)('does not start with %s', async (name) => {
    const env = { [name]: temporaryFolder() }
    const { status, stdout } = await run(process.execPath, [program()], { env, cwd: temporaryFolder() })
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'NODE_VARIABLE_REFUSED\n' })
  })
})
