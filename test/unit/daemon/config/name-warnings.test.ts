import { expect, it } from 'vitest'
import { nameWarnings } from '../../../../src/daemon/config/name-warnings.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

it('an identity whose name cannot be that of a file is warned of, and used all the same', () => {
  const identity = (name: string) => `[ssh.identity.${JSON.stringify(name)}]\nrole = "r"\n`
  const toml = ['[vault.v]\naddress = "https://v"\n', ...['ops', 'a/b', '.x'].map(identity)].join('')
  const config = parseConfig(toml, 'config.toml')
  expect(config.identities).toHaveLength(3)
  expect(nameWarnings(config)).toEqual([
    '[ssh.identity."a/b"] has no files and no socket for ssh_config, because its name has a slash in it',
    '[ssh.identity.".x"] has no files and no socket for ssh_config, because its name begins with a dot',
  ])
})
