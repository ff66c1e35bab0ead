// Is the daemon as fast, and as small, as that of another commit? Both are started several times over, because one process
// may be a few percent faster, or larger, than the next of the very same program.
import { realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { measureAgents, reportCosts } from './agent-rates.mjs'
import { idleMegabytes } from './idle-memory.mjs'
import { mediansOf, report, root, run } from './measuring.mjs'
import { makeFolder, ownDist, startDev } from './subjects.mjs'

const starts = 5
const roundsPerStart = 2
/**
 * Until the code that runs has been compiled, which V8 does the later the more functions there are: some fifty thousand
 * signatures, and as many lists.
 */
const warmUps = [
  { kind: 'sign', connections: 8, rounds: 8 },
  { kind: 'list', connections: 1, rounds: 3 },
]
/** To the identity of `latchkey dev`, whose certificate is all that is listed. */
const requests = {
  'ed25519 signatures, 1 connection': { kind: 'sign', connections: 1 },
  'ed25519 signatures, 8 connections': { kind: 'sign', connections: 8 },
  'ed25519 signatures, 64 connections': { kind: 'sign', connections: 64 },
  'lists of one identity': { kind: 'list', connections: 1 },
}
const leastSpeed = 0.95
const mostMemory = 1.05

/** Builds a commit, with the packages that are installed here. @returns the folder with its command */
function build(commit) {
  const folder = realpathSync(makeFolder())
  const archive = join(folder, 'commit.tar')
  run('git', ['archive', '-o', archive, commit], { cwd: root })
  run('tar', ['-xf', archive, '-C', folder])
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  run(process.execPath, [join(folder, 'scripts/build.mjs')])
  return join(folder, 'dist')
}

/** Starts both, the one first that comes second the next time. */
async function startBoth(dists, count) {
  const first = await startDev(dists[count % 2])
  const second = await startDev(dists[1 - (count % 2)])
  return count % 2 === 0 ? [first, second] : [second, first]
}

/** @param commit anything that git takes for one */
export async function compareWithCommit(commit) {
  const name = run('git', ['rev-parse', '--short', '--verify', `${commit}^{commit}`], { cwd: root }).trim()
  const dists = [ownDist, build(name)]
  const memory = []
  const pairs = Object.fromEntries(Object.keys(requests).map((what) => [what, []]))
  for (let count = 0; count < starts; count += 1) {
    const both = await startBoth(dists, count)
    // Before anything loads them more than a person would.
    const [ours, theirs] = await idleMegabytes(both)
    memory.push({ ours, theirs })
    for (const warmUp of warmUps) measureAgents(...both, warmUp)
    for (const [what, options] of Object.entries(requests))
      pairs[what].push(...measureAgents(...both, { ...options, rounds: roundsPerStart }))
    for (const { stop } of both) await stop()
  }
  const names = ['latchkey', name]
  for (const what of Object.keys(requests)) reportCosts(what, pairs[what], { names, goal: { atLeast: leastSpeed } })
  const { ours, theirs, ratio } = mediansOf(memory)
  const detail = `latchkey ${ours.toFixed(1)} MB, ${name} ${theirs.toFixed(1)} MB`
  report('idle memory after both flows', { value: ratio, goal: { atMost: mostMemory }, detail })
}
