// What a daemon keeps when nobody has asked it anything for a while.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { report, run } from './measuring.mjs'
import { residentMegabytes } from './subjects.mjs'

/** Long enough for what both flows have left behind to be collected. */
const idleMs = 10_000
/** The same for what IAM and Organizations leave (tidyUp in src/daemon/main.ts). */
const longIdleMs = 30_000

/** Has each `latchkey dev` certify a key, sign with it and get credentials of AWS, once; resolves with the idle memory of each. */
export async function idleMegabytes(devs) {
  for (const { latchkey, env } of devs) {
    const certificate = join(env.LATCHKEY_DEV_DIR, 'dev-cert.pub')
    writeFileSync(certificate, `${run('ssh-add', ['-L'], { env }).split('\n')[0]}\n`)
    run('ssh-add', ['-T', certificate], { env })
    run(latchkey, ['aws', 'credentials', 'dev'], { env })
  }
  await wait(idleMs)
  return devs.map(({ pid }) => residentMegabytes(pid))
}

/** Has a `latchkey dev` do all that it can do besides, and reports its idle memory. */
export async function measureMemoryOfAll({ latchkey, env, pid }) {
  run(latchkey, ['aws', 'keys', 'list', '--refresh'], { env })
  run(latchkey, ['aws', 'console', 'dev', '--print'], { env })
  run(latchkey, ['aws', 'explain', '--try', 'chained'], { env })
  // The status of one tells of findings, and that of the other that nobody has said yes to what it shows.
  spawnSync(latchkey, ['aws', 'check'], { env })
  spawnSync(latchkey, ['aws', 'profiles', 'sync', '--organizations', 'dev-user', '--role', 'DeveloperRole'], { env })
  run(latchkey, ['aws', 'keys', 'rotate', 'dev-user'], { env })
  await wait(longIdleMs)
  reportMegabytes('everything', residentMegabytes(pid), 62)
}

/** @param use what was done before */
export function reportMegabytes(use, value, goal) {
  report(`idle memory after ${use}`, { value, unit: 'MB', digits: 1, goal: { atMost: goal }, detail: 'resident' })
}
