import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs the node packages of the lock file where they are missing or others.
 * @param root the folder of package.json
 * @returns false when npm failed; it has then said why
 */
export function installNodePackages(root) {
  if (hasNodePackages(root)) return true
  // Both kinds are left out where the person's npm is told to, or NODE_ENV is production; the build needs both. And npm
  // hands its own options on to the scripts that it runs, such as --dry-run.
  const wanted = ['--include=dev', '--include=optional', '--no-dry-run', '--no-global']
  return spawnSync('npm', ['ci', ...wanted, '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' }).status === 0
}

/** True when what npm says it installed is what the lock file asks for on this platform. */
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
