// One room of npm run mutation (scripts/mutation.mjs), which names it in VITEST_MUTATION_ROOM.
import { fileURLToPath } from 'node:url'
import { rooms } from './rooms.mjs'

const room = process.env.VITEST_MUTATION_ROOM
const { source } = rooms[room]
const report = `coverage/mutation/${room}.json`

export default {
  mutate: process.env.VITEST_MUTATION_FILES?.split(',') ?? [`src/${source}/**/*.ts`],
  plugins: [fileURLToPath(new URL('node_modules/@stryker-mutator/vitest-runner/dist/src/index.js', import.meta.url))],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.mjs', related: false },
  coverageAnalysis: 'perTest',
  // What is evaluated when a file is loaded, such as a table, would need every test of the room for each change in it.
  ignoreStatic: true,
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: report },
  // What is not tried now is as it was in the last report; what is tried is, whatever that says.
  incremental: true,
  incrementalFile: report,
  force: true,
  tempDirName: 'coverage/stryker',
  ignorePatterns: ['dist', 'coverage', 'test/mutation/node_modules'],
  // Stryker would rewrite it by an interface that TypeScript 7 has no more; nothing in it matters to the tests.
  tsconfigFile: 'none',
  allowConsoleColors: false,
}
