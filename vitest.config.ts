import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { testEnvironment } from './test/support/ambient.ts'

const scratch = mkdtempSync(join(tmpdir(), 'latchkey-tests-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const [home, bin] = [join(scratch, 'home'), join(scratch, 'bin')]
for (const folder of [home, bin]) mkdirSync(folder)
symlinkSync(process.execPath, join(bin, 'node'))
// Where HOME has none, curl looks into the home of the password database.
writeFileSync(join(home, '.curlrc'), '')
// Now, for every process of the tests inherits it.
const environment = testEnvironment(process.env, home, bin)
for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
Object.assign(process.env, environment)

/** The rooms that decide about keys and credentials: nearly every branch of theirs has a test. */
const gated = Object.fromEntries(
  ['ssh', 'agent', 'aws/plan', 'aws/session', 'vault/token'].map((room) => [`src/${room}/**/*.ts`, { branches: 90 }]),
)

/** End-to-end tests that take all of a machine, or change something of it that there is once: systemd, its users. */
const alone = ['limits', 'agent-churn', 'service', 'openssh-regress'].map((name) => `test/e2e/${name}.test.ts`)

export default defineConfig({
  test: {
    // A thread cannot leave the terminal by itself.
    pool: 'forks',
    setupFiles: ['test/support/own-session.mjs'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The AWS SDK warns on Node 20 since 2026; latchkey runs there on purpose.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    unstubEnvs: true,
    coverage: {
      include: Object.keys(gated),
      reporter: ['text-summary'],
      thresholds: gated,
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/*.test.ts', 'test/unit/**/*.test.ts', 'test/fuzz/**/*.test.ts'],
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        // These start daemons, servers and other people's programs, and wait much: two files at a time, after the others.
        extends: true,
        test: {
          name: 'whole',
          include: ['test/conformance/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          exclude: alone,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
