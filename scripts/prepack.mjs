// Runs before npm packs: builds an up-to-date dist/, even in a fresh clone.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNodePackages } from './node-packages.mjs'

if (!installNodePackages(join(dirname(fileURLToPath(import.meta.url)), '..'))) process.exit(1)
await import('./build.mjs')
