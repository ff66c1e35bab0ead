// npm run bench: latchkey beside ssh-agent, a bare server, node and curl, on this machine and in turns, because the cores are
// shared with whatever else runs: the ratios mean something, the milliseconds do not. A goal that is missed is printed, and
// does not fail the run. With `-- --beside COMMIT` it compares the agent with that of another commit, built for it.
import { measureAddedKeys } from './added-keys.mjs'
import { measureCommands } from './commands.mjs'
import { compareWithCommit } from './commit.mjs'
import { measureDestinations } from './destinations.mjs'
import { idleMegabytes, measureMemoryOfAll, reportMegabytes } from './idle-memory.mjs'
import { reportTally } from './measuring.mjs'
import { measureBesideOthers } from './ssh-agents.mjs'
import { runToEnd, startDev } from './subjects.mjs'
import { measureUpstreams } from './upstreams.mjs'

async function measureAll() {
  // Its own daemon: no person leaves behind what the million requests of the others do.
  const asUsed = await startDev()
  const [megabytes] = await idleMegabytes([asUsed])
  reportMegabytes('both flows', megabytes, 58)
  await measureMemoryOfAll(asUsed)
  await asUsed.stop()
  const dev = await startDev()
  await measureBesideOthers(dev)
  await measureCommands(dev)
  await measureDestinations(dev)
  await dev.stop()
  await measureAddedKeys()
  await measureUpstreams()
  reportTally()
}

async function measureBeside(commit) {
  await compareWithCommit(commit)
  reportTally()
}

const [option, commit, ...more] = process.argv.slice(2)
if (option === undefined) await runToEnd(measureAll)
else if (option === '--beside' && commit !== undefined && more.length === 0) await runToEnd(() => measureBeside(commit))
else {
  process.stderr.write('usage: npm run bench [-- --beside COMMIT]\n')
  process.exitCode = 2
}
