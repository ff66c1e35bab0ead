import { defineConfig } from 'vitest/config'

// What happens to be set where the tests are started must not decide what a test sees: other tools' credentials, agents
// and CA bundles, and the variables that git sets in a hook. VAULT_TEST_* names a real server on purpose.
for (const name of Object.keys(process.env)) {
  if (
    /^(AWS_|BAO_|VAULT_(?!TEST_)|LATCHKEY_|SSH_|GIT_|XDG_|DBUS_|LISTEN_|NOTIFY_SOCKET$|NODE_EXTRA_CA_CERTS$)/.test(name)
  ) {
    delete process.env[name]
  }
}

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The AWS SDK warns on Node 20 since 2026; latchkey runs there on purpose.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    unstubEnvs: true,
    coverage: { include: ['src/**'], reporter: ['text-summary'] },
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
        // These start daemons, servers and other people's programs: side by side on two cores they would starve each
        // other, so one file runs at a time, after the others.
        extends: true,
        test: {
          name: 'whole',
          include: ['test/conformance/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
