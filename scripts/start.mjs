// npm start: from a fresh clone to an ssh login and AWS credentials, using nothing but this machine.
import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNodePackages } from './node-packages.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true

function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    return `node ${process.versions.node} is too old: latchkey needs 20.19 or later`
  }
  process.stdout.write('installing the node packages (if they are missing), then building dist/\n')
  if (!installNodePackages(root)) return 'npm could not install the node packages: see above'
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' })
  return built.status === 0 ? undefined : 'the build failed: see above'
}

function showTour() {
  process.stdout.write(
    'starting an embedded Vault, an embedded AWS and the latchkey daemon, all on this machine only\n',
  )
  const command = [join(root, 'dist/latchkey.cjs'), 'dev', '--', process.execPath, join(root, 'scripts/tour.mjs')]
  const env = { ...process.env }
  // If nobody is there to type the MFA code, the embedded environment answers with the right one.
  if (!hasTerminal) env.LATCHKEY_DEV_MFA = 'auto'
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: 'inherit' })
  // Ctrl-C reaches the child by itself; this process must live until everything is taken down.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (status) => {
    process.exitCode = status ?? 1
  })
}

const problem = prepare()
if (problem === undefined) {
  showTour()
} else {
  process.stderr.write(`latchkey: ${problem}\n`)
  process.exitCode = 1
}
