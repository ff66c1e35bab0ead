// Before npm packs: dist/ as of now, also in a fresh clone.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNodePackages } from './node-packages.mjs'

if (!installNodePackages(join(dirname(fileURLToPath(import.meta.url)), '..'))) process.exit(1)
await import('./build.mjs')
