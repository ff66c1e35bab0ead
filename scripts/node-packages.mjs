import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs the node packages of the lock file if any is missing or differs.
 * @param root the folder of package.json
 * @returns false if npm failed; it has printed the reason
 */
export function installNodePackages(root) {
  if (hasNodePackages(root)) return true
  // npm leaves out development or optional packages if it is configured to, or if NODE_ENV is production; the build needs
  // both. And npm passes its own options, such as --dry-run, on to the scripts that it runs.
  const wanted = ['--include=dev', '--include=optional', '--no-dry-run', '--no-global']
  return spawnSync('npm', ['ci', ...wanted, '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' }).status === 0
}

/** True if the packages that npm recorded as installed are those that the lock file requires on this platform. */
function hasNodePackages(root) {
  const installedFile = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return false
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(installedFile)
  const isInstalled = ([path, { version, optional }]) =>
    path === '' || (installed[path] === undefined ? optional === true : installed[path].version === version)
  return Object.keys(installed).every((path) => path in wanted) && Object.entries(wanted).every(isInstalled)
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}
