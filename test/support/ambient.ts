import { delimiter } from 'node:path'

/**
 * What the tests may find of the environment that they were started in: where programs are, who runs them, whether it is
 * CI, and what was named on purpose: a real Vault, leave to make a user. Credentials, agents, proxies, locales, colours,
 * NODE_OPTIONS and whatever the next tool invents must not decide what a test sees, so nothing else is kept.
 */
const kept = /^(PATH|TMPDIR|USER|LOGNAME|CI|LATCHKEY_TEST_USER|VAULT_TEST_.*|VITEST.*)$/

/** Where Debian has sshd, useradd and their kin; PATH lacks it for ordinary users and after su(1). */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * The environment for the tests, made of the one that they were started in.
 * @param home a folder in the place of the tester's, whose ~/.aws, ~/.vault-token and ~/.gitconfig are theirs
 * @param bin a folder with this process's node, which a version manager may find through HOME alone
 */
export function testEnvironment(environment: NodeJS.ProcessEnv, home: string, bin: string): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => kept.test(name)))
  const path = [bin, ...(environment.PATH ?? '').split(delimiter)]
  const absent = systemFolders.filter((folder) => !path.includes(folder))
  return { ...own, HOME: home, PATH: [...path, ...absent].join(delimiter) }
}
