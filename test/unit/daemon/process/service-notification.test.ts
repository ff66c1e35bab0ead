import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../../../src/core/log.ts'
import { loadNative, type Native } from '../../../../src/daemon/process/native.ts'
import { createServiceNotification } from '../../../../src/daemon/process/service-notification.ts'
import { debianPython, describeWithPeers } from '../../../support/peers.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function setUp(environment: Record<string, string | undefined>, notify: Native['notify'], failure?: Error) {
  const runs: { program: string; args: readonly string[]; environment: Record<string, string> }[] = []
  const lines: string[] = []
  const notification = createServiceNotification({
    environment,
    native: { notify },
    log: createLogger({ write: (line) => lines.push(line), level: 'debug' }),
    async runProgram(program, args, programEnvironment) {
      runs.push({ program, args, environment: programEnvironment })
      if (failure !== undefined) throw failure
    },
  })
  return { notification, runs, lines }
}

it('does nothing if no service manager asked for it', async () => {
  const sent: string[] = []
  const { notification, runs } = setUp({}, (_, message) => sent.push(message) > 0)
  await notification.ready('listening')
  await notification.stopping()
  expect({ sent, runs }).toEqual({ sent: [], runs: [] })
})

it('sends with a system call, and keeps the socket from children', async () => {
  const sent: [string, string][] = []
  const environment = { NOTIFY_SOCKET: '/run/notify', PATH: '/bin' }
  const { notification, runs } = setUp(environment, (...message) => sent.push(message) > 0)
  expect(environment).toEqual({ PATH: '/bin' })
  await notification.ready('listening\nMAINPID=1')
  await notification.status('one\nmore')
  await notification.stopping()
  expect(sent).toEqual([
    ['/run/notify', 'READY=1\nSTATUS=listening MAINPID=1'],
    ['/run/notify', 'STATUS=one more'],
    ['/run/notify', 'STOPPING=1'],
  ])
  expect(runs).toEqual([])
})

it('goes through systemd-notify if there is no system call', async () => {
  const { notification, runs } = setUp({ NOTIFY_SOCKET: '@notify', PATH: '/opt/bin', TOKEN: 'x' }, () => false)
  await notification.ready('listening')
  const environment = { NOTIFY_SOCKET: '@notify', PATH: '/opt/bin' }
  expect(runs).toEqual([{ program: 'systemd-notify', args: ['READY=1', 'STATUS=listening'], environment }])
})

it('goes on when the service manager cannot be notified, and says so in the log', async () => {
  const { notification, lines } = setUp({ NOTIFY_SOCKET: '/gone' }, () => false, new Error('spawn ENOENT'))
  await notification.stopping()
  expect(lines.join('')).toBe('warn: the service manager could not be notified what=STOPPING=1 reason="spawn ENOENT"\n')
})

/** A service manager's end: prints each datagram as a line of JSON. */
async function receiveDatagrams(address: string) {
  const program = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1].replace('@', '\\0', 1))
print('bound', flush=True)
while True: print(json.dumps(receiver.recv(4096).decode()), flush=True)
`
  const receiver = spawn(debianPython, ['-c', program, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void receiver.kill())
  const lines = createInterface(receiver.stdout)[Symbol.asyncIterator]()
  await lines.next()
  return async () => JSON.parse(String((await lines.next()).value)) as string
}

describeWithPeers('a service manager', ['python:socket', 'systemd-notify'], () => {
  const silent = createLogger({ write: () => {}, level: 'error' })

  it.each(['a path', 'an abstract name'])('hears the system call over %s', async (kind) => {
    const address = kind === 'a path' ? join(temporaryFolder(), 'notify') : `@latchkey-test-${process.pid}`
    const next = await receiveDatagrams(address)
    const native = await loadNative({ log: silent })
    const notification = createServiceNotification({ environment: { NOTIFY_SOCKET: address }, native, log: silent })
    const heard = next()
    await notification.ready('listening')
    expect(await heard).toBe('READY=1\nSTATUS=listening')
  })

  it('hears systemd-notify', async () => {
    const address = join(temporaryFolder(), 'notify')
    const next = await receiveDatagrams(address)
    const { PATH } = process.env
    const native = { notify: () => false }
    const environment = { NOTIFY_SOCKET: address, PATH }
    const notification = createServiceNotification({ environment, native, log: silent })
    const heard = next()
    await notification.ready('listening')
    expect(await heard).toContain('READY=1\nSTATUS=listening')
  })
})
