import { defineConfig } from 'vitest/config'

/** `npm run soak`: what takes an hour or more, so that it is not part of `npm test`. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 4 * 3_600_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
})
