import { defineConfig } from 'vitest/config'
import project from '../../vitest.config.ts'
import { rooms } from './rooms.mjs'

// Stryker runs tests in threads, in which no process can be set up; it is nobody's terminal by itself.
const { projects: _projects, setupFiles: _setupFiles, ...shared } = project.test
const room = process.env.VITEST_MUTATION_ROOM

/** The unit tests of one room, without those whose programs take long and notice no change in this process. */
export default defineConfig({
  test: {
    ...shared,
    include: rooms[room].tests.map((folder) => `test/unit/${folder}/**/*.test.ts`),
    exclude: ['test/unit/ssh/generated-key.test.ts'],
    // No test leaves anything behind in the modules, and most of the time would be spent on loading them.
    isolate: false,
    // A test that a change keeps waiting is a failed test before it is a lost worker.
    testTimeout: 10_000,
  },
})
