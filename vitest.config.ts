import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The AWS SDK warns on Node 20 since 2026; latchkey runs there on purpose.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Other tools' proxies and CA bundles must not decide what a test sees.
    unstubEnvs: true,
    coverage: { include: ['src/**'], reporter: ['text-summary'] },
  },
})
