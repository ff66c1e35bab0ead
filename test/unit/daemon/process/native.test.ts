import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger, silentLogger } from '../../../../src/core/log.ts'
import { type ForeignFunctions, loadNative } from '../../../../src/daemon/process/native.ts'
import { bundle, nativeModules } from '../../../support/bundle.ts'
import { run, runOk } from '../../../support/run.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

describe('without koffi', () => {
  it('every call reports that it was not made, and the log says why, once', async () => {
    const lines: string[] = []
    const log = createLogger({ write: (line) => lines.push(line), level: 'info' })
    const native = await loadNative({ log, load: () => Promise.reject(new Error("Cannot find module 'koffi'")) })
    expect(native.peerCredentials(new Socket())).toBeUndefined()
    expect(native.setNotDumpable()).toBe(false)
    expect(native.forbidCoreDumps()).toBe(false)
    expect(native.notify('/run/notify', 'READY=1')).toBe(false)
    expect(lines).toEqual([`info: less hardened: koffi cannot be loaded reason="Cannot find module 'koffi'"\n`])
  })

  it('the same holds for a library without one of the calls', async () => {
    const load = async (): Promise<ForeignFunctions> => ({
      load: () => ({
        func: () => {
          throw new Error('Cannot find function')
        },
      }),
    })
    expect((await loadNative({ log: silentLogger, load })).setNotDumpable()).toBe(false)
  })

  it('a C library that cannot give memory back leaves the rest as it is', async () => {
    const load = async (): Promise<ForeignFunctions> => ({
      load: () => ({
        func(declaration) {
          if (declaration.includes('malloc_trim')) throw new Error('Cannot find function')
          return () => 0
        },
      }),
    })
    const native = await loadNative({ log: silentLogger, platform: 'linux', load })
    expect(native.setNotDumpable()).toBe(true)
    expect(() => native.returnFreeMemory()).not.toThrow()
  })

  it('the same holds for a platform whose calls are not known', async () => {
    const native = await loadNative({ log: silentLogger, platform: 'freebsd' })
    expect(native.setNotDumpable()).toBe(false)
  })
})

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('the peer of a Unix socket is known by its process and user', async () => {
    const { peerCredentials } = await loadNative({ log: silentLogger })
    const path = join(temporaryFolder(), 'sock')
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const accepted = once(server, 'connection')
    const other = spawn(process.execPath, ['-e', `require('net').connect(${JSON.stringify(path)})`])
    const [socket] = (await accepted) as [Socket]
    expect(peerCredentials(socket)).toEqual({ pid: other.pid, uid: process.getuid!() })
    socket.destroy()
    other.kill()
    expect(peerCredentials(socket)).toBeUndefined()
  })

  it('the peer of another kind of socket is not known', async () => {
    const { peerCredentials } = await loadNative({ log: silentLogger })
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const client = connect(port, '127.0.0.1')
    await once(client, 'connect')
    // The kernel answers for it, with the user that nobody has.
    expect(peerCredentials(client)?.uid).not.toBe(process.getuid!())
    expect(peerCredentials(new Socket())).toBeUndefined()
    client.destroy()
  })

  it('a message that cannot be sent is not sent', async () => {
    const { notify } = await loadNative({ log: silentLogger })
    expect(notify(join(temporaryFolder(), 'nobody'), 'READY=1')).toBe(false)
    expect(notify(`/${'x'.repeat(108)}`, 'READY=1')).toBe(false)
    expect(notify('vsock:2:1234', 'READY=1')).toBe(false)
    expect(notify('relative', 'READY=1')).toBe(false)
  })

  it('memory that was freed goes back to the system', async () => {
    // One key in a thousand stays: what is freed between them is not at the end of the heap, from where it would go by itself.
    const program = bundle(
      temporaryFolder(),
      `import { createSecretKey } from 'node:crypto'
       import { silentLogger } from './src/core/log.ts'
       import { loadNative } from './src/daemon/process/native.ts'
       const bytes = Buffer.alloc(1024)
       let keys = Array.from({ length: 60_000 }, () => createSecretKey(bytes))
       keys = keys.filter((_, index) => index % 1000 === 999)
       loadNative({ log: silentLogger }).then((native) => {
         gc()
         const before = process.memoryUsage.rss()
         native.returnFreeMemory()
         console.log(JSON.stringify({ kept: keys.length, returned: before - process.memoryUsage.rss() }))
       })`,
    )
    const { kept, returned } = JSON.parse(
      await runOk(process.execPath, ['--expose-gc', program], { env: { NODE_PATH: nativeModules } }),
    ) as { kept: number; returned: number }
    expect(kept).toBe(60)
    expect(returned).toBeGreaterThan(20 * 1024 * 1024)
  })

  it('another process of the same user cannot read what is not dumpable, and there are no core files', async () => {
    const program = bundle(
      temporaryFolder(),
      `import { silentLogger } from './src/core/log.ts'
       import { loadNative } from './src/daemon/process/native.ts'
       loadNative({ log: silentLogger }).then((native) => {
         console.log('dumpable')
         process.stdin.once('data', () => {
           console.log(JSON.stringify({ core: native.forbidCoreDumps(), dumpable: native.setNotDumpable() }))
         })
       })`,
    )
    const [start, ...startArgs] = asPlainUser(process.execPath, program)
    const child = spawn(start, startArgs, { env: { NODE_PATH: nativeModules, HUNTER: 'hunter2' } })
    onTestFinished(() => void child.kill())
    const [read, ...readArgs] = asPlainUser('cat', `/proc/${child.pid}/environ`)
    expect(String((await once(child.stdout, 'data'))[0])).toBe('dumpable\n')
    expect(await runOk(read, readArgs)).toContain('hunter2')
    child.stdin.write('now\n')
    expect(JSON.parse(String((await once(child.stdout, 'data'))[0]))).toEqual({ core: true, dumpable: true })
    expect(readFileSync(`/proc/${child.pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m)
    const { status, stdout, stderr } = await run(read, readArgs)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('Permission denied')
  })
})

/**
 * A command without root's right to look into every process (ptrace(2), access mode checking). It keeps root's user id
 * and the right to read files, for what it runs may lie where nobody else can read.
 */
function asPlainUser(...command: [string, ...string[]]): [string, ...string[]] {
  const rights = '--bounding-set=-all,+dac_override,+dac_read_search'
  return process.getuid!() === 0 ? ['setpriv', rights, ...command] : command
}
