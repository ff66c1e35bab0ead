import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { peerProcess } from '../../../../src/daemon/process/peer-process.ts'

describe.runIf(process.platform === 'linux')('a process that has connected', () => {
  it('has the arguments that it was started with', async () => {
    const child = spawn('sleep', ['1000'], { argv0: 'a sleeper' })
    onTestFinished(() => void child.kill())
    await once(child, 'spawn')
    expect(peerProcess(child.pid!).name).toBe(`pid ${child.pid}`)
    expect(await peerProcess(child.pid!).commandLine()).toEqual(['a sleeper', '1000'])
  })

  it('has none where it has ended, or has longer ones than anybody reads', async () => {
    const ended = spawn('true')
    await once(ended, 'close')
    expect(await peerProcess(ended.pid!).commandLine()).toEqual([])
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'x'.repeat(100_000)])
    onTestFinished(() => void child.kill())
    await once(child, 'spawn')
    expect(await peerProcess(child.pid!).commandLine()).toEqual([])
  })
})
