import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const program = join(dirname(fileURLToPath(import.meta.url)), 'crowd.mjs')

/** Starts so many clients of a socket in another process (crowd.mjs), and resolves once they are there. */
export async function startCrowd(
  socketPath: string,
  count: number,
  habit: string,
): Promise<{ leave(): Promise<void> }> {
  const crowd = spawn(process.execPath, [program, socketPath, String(count), habit], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  crowd.stdin.on('error', () => {})
  const ended = once(crowd, 'close')
  const leave = async () => {
    crowd.stdin.end()
    await ended
  }
  onTestFinished(leave)
  await once(crowd.stdout, 'data')
  return { leave }
}
