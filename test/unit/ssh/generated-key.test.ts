import { it } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { runOk } from '../../support/run.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it('has the public half of a new key whenever the garbage collector runs, which once stopped the process for good', async () => {
  // The collector must come within one call: many keys, little room, and garbage that moves where it comes.
  const program = bundle(
    temporaryFolder(),
    `import { generateKeyPairSync } from 'node:crypto'
      import { publicKeyFromKeyObject } from './src/ssh/public-key.ts'
      let state = 3
      for (let count = 0; count < 25_000; count += 1) {
        state = (state * 48_271) % 0x7fff_ffff
        'x'.repeat(state % 64).split('')
        publicKeyFromKeyObject(generateKeyPairSync('ed25519').privateKey)
      }`,
  )
  await runOk(process.execPath, ['--max-semi-space-size=1', program], { timeoutMs: 90_000 })
}, 120_000)
