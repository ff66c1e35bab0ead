import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

const root = resolve(import.meta.dirname, '..', '..')

/**
 * Bundles a TypeScript program that imports from `./src/…` into a file in `folder` that `node` runs: what runs in a
 * process of its own cannot be imported from the sources by Node 20.
 * Native packages stay outside: start it with `NODE_PATH` set to `nativeModules`.
 */
export function bundle(folder: string, source: string): string {
  const outfile = join(folder, 'program.cjs')
  buildSync({
    absWorkingDir: root,
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    external: ['@napi-rs/keyring', 'koffi'],
    logLevel: 'error',
  })
  return outfile
}

/** Where a bundled program finds the native packages. */
export const nativeModules = join(root, 'node_modules')
