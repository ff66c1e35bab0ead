// Builds dist/: one CommonJS file per entry point, so that the hot path of credential_process loads next to nothing.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { thirdPartyLicenses } from './third-party-licenses.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Output file → source. All but the first are loaded by a dynamic import from another. */
const chunks = {
  latchkey: 'src/main.ts',
  command: 'src/command.ts',
  daemon: 'src/daemon-command.ts',
  'agent-compat': 'src/agent-compat-command.ts',
  'aws-sdk': 'src/aws/sts/aws-sdk.ts',
}

/** A shell script as one file, since it would have to be found before it could read another: each `. PATH` of its own is that file. */
const shellScript = (name) =>
  readFileSync(join(root, 'src/helper', name), 'utf8').replace(/^\. (\S+\.sh)\n/gm, (_, part) => shellScript(part))

/** What the command begins with. @throws where Node would take some of it for JavaScript */
function commandHead() {
  const head = shellScript('latchkey.sh')
  if (head.indexOf('*/') !== head.length - 3)
    throw new Error('latchkey.sh: Node would take */ for the end of the script')
  return head
}

const chunkOf = new Map(Object.entries(chunks).map(([name, source]) => [join(root, source), `./${name}.cjs`]))

const lazyChunks = {
  name: 'lazy-chunks',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      const chunk = kind === 'dynamic-import' ? chunkOf.get(resolve(resolveDir, path)) : undefined
      return chunk === undefined ? undefined : { path: chunk, external: true }
    })
  },
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
const bundled = []
for (const [name, source] of Object.entries(chunks)) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: join(dist, `${name}.cjs`),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    mainFields: ['module', 'main'],
    // A dynamic import becomes a lazy require: cheaper than the ES module loader.
    supported: { 'dynamic-import': false },
    // Native packages look for their binaries in their own folders.
    external: ['@napi-rs/keyring', 'koffi'],
    // Our own code stays readable in the bundles; with the AWS SDK only memory matters.
    minify: name === 'aws-sdk',
    banner: name === 'latchkey' ? { js: commandHead() } : {},
    define: { LATCHKEY_VERSION: JSON.stringify(version) },
    legalComments: 'none',
    plugins: [lazyChunks],
    logLevel: 'warning',
    metafile: true,
  })
  for (const { inputs } of Object.values(metafile.outputs)) bundled.push(...Object.keys(inputs))
}
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES'), thirdPartyLicenses(root, bundled))
chmodSync(join(dist, 'latchkey.cjs'), 0o755)

for (const script of ['latchkey-credentials', 'latchkey-known-hosts']) {
  writeFileSync(join(dist, script), shellScript(`${script}.sh`))
  chmodSync(join(dist, script), 0o755)
}
