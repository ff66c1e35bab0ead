import { join } from 'node:path'
import { awsConfigBlock } from '../core/text/aws-config-block.ts'
import { scriptWord } from '../core/text/shell-word.ts'
import { hostDomains, hostMount } from './vault-setup.ts'

/** What the files of a development environment are made from. */
export interface DevFacts {
  vaultAddress: string
  roleId: string
  secretIdFile: string
  userName: string
  mfaSerial: string
  roles: { dev: string; prod: string; chained: string }
  region: string
  keychainFile: string
  promptLog: string
  /** Present: the daemon asks this program instead of a terminal. */
  promptProgram: string | undefined
}

/** The name under which the embedded user's access key is in the keychain. */
export const devSource = 'dev-user'

const profiles = ['dev', 'prod', 'chained'] as const

/** The daemon's config.toml. It is written again at every start, because the servers' ports change. */
export function devConfigToml(facts: DevFacts): string {
  const text = JSON.stringify
  const prompt = facts.promptProgram === undefined ? '' : `program = ${text(facts.promptProgram)}\nterminal = false\n`
  return `# Written by latchkey dev at every start.
[vault.dev]
address = ${text(facts.vaultAddress)}
auth = { method = "approle", role_id = ${text(facts.roleId)}, secret_id_file = ${text(facts.secretIdFile)} }

[ssh.identity.dev]
vault = "dev"
role = "dev"
principals = [${text(facts.userName)}]

[ssh.host_ca.dev]
mount = ${text(hostMount)}
role = "host"
hosts = ${text(hostDomains.flatMap((domain) => [domain, `*.${domain}`]))}

[aws.source.${devSource}]
mfa_serial = ${text(facts.mfaSerial)}
region = ${text(facts.region)}

[aws.profile.dev]
role = ${text(facts.roles.dev)}
source = "${devSource}"
region = ${text(facts.region)}

[aws.profile.prod]
role = ${text(facts.roles.prod)}
source = "${devSource}"
region = ${text(facts.region)}

[aws.profile.chained]
role = ${text(facts.roles.chained)}
source = "dev"
region = ${text(facts.region)}

[keychain]
store = "file"
file = ${text(facts.keychainFile)}

[prompt]
log = ${text(facts.promptLog)}
${prompt}`
}

/** The AWS tools' config file. */
export function devAwsConfig(region: string, bin: string): string {
  return profiles.map((name) => awsConfigBlock({ name, region, latchkey: join(bin, 'latchkey') })).join('\n')
}

/**
 * The prompt program of an unattended environment: it answers MFA questions, and nothing else, with the right code.
 * @param latchkey absolute path of the command
 */
export function devPromptProgram(latchkey: string, folder: string): string {
  return `#!/bin/sh
# Written by latchkey dev: answers the MFA questions of the embedded AWS users.
case "$1" in *"MFA code for "*) ;; *) exit 1 ;; esac
device=\${1##*MFA code for }
device=\${device%%[!A-Za-z0-9_+=/:,.@-]*}
exec ${scriptWord(latchkey)} dev code --dir ${scriptWord(folder)} --device "\${device%[:,]}"
`
}
