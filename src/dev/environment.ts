import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { writeFileAtomically } from '../core/files/atomic-file.ts'
import { type Environment, isSet, openingNodeVariables } from '../core/places/environment.ts'
import { daemonNodeOptions } from '../core/programs/daemon-node-options.ts'
import { thisMachine } from './aws/ec2/this-machine.ts'
import { type DevAccount, seedDevAccount } from './aws/seed.ts'
import { createDevAws } from './aws/server.ts'
import { type DevDaemon, keyLines, startDevDaemon, storeAccessKey } from './dev-daemon.ts'
import { devAwsConfig, devConfigToml, devPromptProgram } from './dev-files.ts'
import { appendJsonLine, type DevFolder, openDevFolder, readIfPresent, writePrivate } from './dev-folder.ts'
import { createDevVault } from './vault/server.ts'
import { createVaultAdmin, setUpVault } from './vault-setup.ts'

/** What a development environment is started with. */
export interface DevEnvironmentOptions {
  folder: string
  /** Whom the certificates are for. */
  userName: string
  pid: number
  /** The caller's variables. `LATCHKEY_DEV_MFA=auto` has MFA questions answered by a program. */
  environment: Environment
  /** The built command `…/dist/latchkey.cjs`, and the node that runs it. */
  latchkey: string
  node: string
  now: () => number
}

/** A development environment that runs. */
export interface DevEnvironment {
  folder: DevFolder
  /** What a command needs to use all of it: the caller's variables, with ours over them. */
  environment: Environment
  daemon: DevDaemon
  /** A line for the person who starts it: what this is, and where. */
  notice: string
  close(): Promise<void>
}

const region = 'us-east-1'

/** What is beside the command: shell scripts. */
const scripts = ['latchkey-credentials', 'latchkey-known-hosts']

/** Variables of the caller that would send a command to another account, agent or server than the embedded ones. */
const misleading =
  /^(AWS_(PROFILE|DEFAULT_PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|ENDPOINT_URL|IGNORE_CONFIGURED_ENDPOINT_URLS)|BAO_.*|VAULT_.*)$/

/**
 * Starts the embedded Vault, the embedded AWS and a daemon that uses both: on loopback, on free ports.
 * @throws {DevError} when the folder is in use or the daemon does not start; nothing is left running then
 */
export async function startDevEnvironment(options: DevEnvironmentOptions): Promise<DevEnvironment> {
  const folder = openDevFolder(options.folder, options.pid, () => mkdtempSync(join(tmpdir(), 'latchkey-')))
  const closers: (() => Promise<void> | void)[] = [folder.unlock]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const vault = await createDevVault({
      now: options.now,
      state: stateFile(folder.state.vault),
      log: (call) => appendJsonLine(folder.logs.vault, call),
    })
    closers.push(vault.close)
    const aws = await createDevAws({
      now: options.now,
      state: stateFile(folder.state.aws),
      log: (call) => appendJsonLine(folder.logs.aws, call),
      instances: () => [thisMachine(readIfPresent(folder.console) ?? '')],
    })
    closers.push(aws.close)
    const account = await seedDevAccount(aws)
    const roleId = await setUpVault(createVaultAdmin(vault.address, vault.rootToken), {
      userName: options.userName,
      secretIdFile: folder.secretId,
      caPublicKeyFile: folder.caPublicKey,
    })
    writeFiles(options, folder, { vaultAddress: vault.address, roleId, account })
    const environment = commandEnvironment(options, folder, {
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.rootToken,
      AWS_ENDPOINT_URL_STS: aws.endpoint,
      AWS_ENDPOINT_URL_IAM: aws.endpoint,
      AWS_ENDPOINT_URL_SIGNIN: aws.endpoint,
      AWS_ENDPOINT_URL_ORGANIZATIONS: aws.endpoint,
      AWS_ENDPOINT_URL_EC2: aws.endpoint,
      LATCHKEY_DEV_TOTP_SECRET: account.totpSecret.expose(),
    })
    const daemon = await startDevDaemon({
      command: [options.node, ...daemonNodeOptions, options.latchkey, 'daemon'],
      // The daemon has its own login: the administrator's token is only for the command.
      environment: {
        ...environment,
        VAULT_TOKEN: undefined,
        LATCHKEY_DEV_TOTP_SECRET: undefined,
        // The static keys and the lock of the developer's own daemon are not this one's.
        XDG_STATE_HOME: folder.path,
        // As in packaging/systemd/latchkey.service: what a developer's terminal has set for Node is not for the daemon.
        ...Object.fromEntries(['NODE_OPTIONS', ...openingNodeVariables].map((name) => [name, undefined])),
      },
      logFile: folder.logs.daemon,
    })
    closers.push(daemon.stop)
    await storeAccessKey({ command: [options.node, options.latchkey], environment, account })
    const notice = `latchkey dev: an embedded Vault and an embedded AWS, for development only, on loopback; all of it is in ${folder.path}`
    return { folder, environment, daemon, notice, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** One JSON text in one file. */
function stateFile(path: string) {
  return { load: () => readIfPresent(path), save: (state: string) => writeFileAtomically(path, state, 0o600) }
}

interface Facts {
  vaultAddress: string
  roleId: string
  account: DevAccount
}

function writeFiles(options: DevEnvironmentOptions, folder: DevFolder, { vaultAddress, roleId, account }: Facts): void {
  const isUnattended = options.environment.LATCHKEY_DEV_MFA === 'auto'
  const config = devConfigToml({
    vaultAddress,
    roleId,
    secretIdFile: folder.secretId,
    userName: options.userName,
    mfaSerial: account.mfaSerial,
    roles: account.roles,
    region,
    keychainFile: folder.keychain,
    promptLog: folder.logs.prompts,
    promptProgram: isUnattended ? folder.promptProgram : undefined,
  })
  writePrivate(folder.config, config)
  writePrivate(folder.awsConfig, devAwsConfig(region, folder.bin))
  writePrivate(folder.awsCredentials, '')
  writePrivate(folder.newUserKey, keyLines(account.newUser))
  const links = {
    latchkey: options.latchkey,
    ...Object.fromEntries(scripts.map((name) => [name, join(dirname(options.latchkey), name)])),
  }
  for (const [name, target] of Object.entries(links)) {
    rmSync(join(folder.bin, name), { force: true })
    symlinkSync(target, join(folder.bin, name))
  }
  writePrivate(folder.promptProgram, devPromptProgram(join(folder.bin, 'latchkey'), folder.path), 0o700)
}

/** The AWS tools would ask the caller's proxy for the servers of this machine. Which of the two names counts differs. */
function withoutProxy({ no_proxy, NO_PROXY }: Environment): Environment {
  const hosts = [no_proxy ?? NO_PROXY, '127.0.0.1'].filter(isSet).join(',')
  return { no_proxy: hosts, NO_PROXY: hosts }
}

function commandEnvironment(options: DevEnvironmentOptions, folder: DevFolder, servers: Environment): Environment {
  const kept = Object.entries(options.environment).filter(([name]) => !misleading.test(name))
  return {
    ...Object.fromEntries(kept),
    ...servers,
    ...withoutProxy(options.environment),
    PATH: `${folder.bin}${delimiter}${options.environment.PATH ?? ''}`,
    SSH_AUTH_SOCK: join(folder.sockets, 'agent.sock'),
    LATCHKEY_CONFIG: folder.config,
    LATCHKEY_RUNTIME_DIR: folder.sockets,
    LATCHKEY_DEV_DIR: folder.path,
    AWS_CONFIG_FILE: folder.awsConfig,
    AWS_SHARED_CREDENTIALS_FILE: folder.awsCredentials,
  }
}
