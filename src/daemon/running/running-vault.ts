import { type CertificateSource, createCertificateSource } from '../../agent/identities/certificate-source.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { ResolveSrv } from '../../http/srv.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import type { SshCertificate } from '../../ssh/certificate.ts'
import type { PublicKey } from '../../ssh/public-key.ts'
import { type Circuit, createCircuit, inBackground } from '../../vault/circuit.ts'
import { createVaultClient, type VaultClient } from '../../vault/client.ts'
import type { LoginContext } from '../../vault/login/login-method.ts'
import { type AuthConfig, createLoginMethod } from '../../vault/login/login-methods.ts'
import { readVisibleLogins, type VisibleLogins } from '../../vault/login/visible-logins.ts'
import { createRouteTo } from '../../vault/route.ts'
import { readCaKey } from '../../vault/ssh/ca-key.ts'
import { type CaKeys, readCaKeys, type WantedCaKeys } from '../../vault/ssh/ca-keys.ts'
import { type CaWatch, createCaWatch } from '../../vault/ssh/ca-watch.ts'
import { type HostSigning, signHostKey } from '../../vault/ssh/host-signer.ts'
import { createIssuerList } from '../../vault/ssh/issuer-list.ts'
import { createInlineSource } from '../../vault/token/inline-source.ts'
import { createTokenSource, type LoginSummary, type TokenSource } from '../../vault/token/token-source.ts'
import type { IdentityConfig, VaultConfig } from '../config/config.ts'
import type { Notify } from '../process/notify.ts'
import { watchVault } from '../watched-vault.ts'
import { type ChosenLogin, createChosenLogin } from './chosen-login.ts'
import { disposeIdentity, type IdentityDeps, type RunningIdentity, startIdentity } from './running-identity.ts'
import { createSwitchedClient } from './switched-client.ts'
import { isSameIdentity, type VaultPlan } from './vault-plan.ts'

/** One `[vault.NAME]`, running, with the identities that it certifies. */
export interface RunningVault {
  readonly config: VaultConfig
  tokens: TokenSource
  /** How it is logged in to. */
  login: Pick<ChosenLogin, 'auth' | 'isOpen'>
  /** Whether the server is there, and what waits for it. */
  source: CertificateSource
  readonly identities: readonly RunningIdentity[]
  /** Logs in because a person wants it, and tries anew what was refused before. @throws as `ChosenLogin.logIn` */
  logIn(caller: PromptCaller, chosen?: AuthConfig): Promise<LoginSummary>
  /** What the server shows of its logins. @throws {VaultError} */
  readVisibleLogins(): Promise<VisibleLogins>
  /**
   * Reads the CA key of a mount.
   * @param issuer one of several; undefined: the default
   * @param mountHint what to do where the mount has none
   * @throws {VaultError}
   */
  readCaKey(mount: string, issuer: string | undefined, mountHint: string): Promise<PublicKey>
  /** Reads all CA keys of a mount, for which nobody waits. @throws {VaultError} */
  readCaKeys(mount: string, wanted: WantedCaKeys): Promise<CaKeys>
  /** Has the key of a host certified, for a person who waits. @throws {VaultError}; {SshError} CERTIFICATE_… */
  signHostKey(key: PublicKey, signing: HostSigning): Promise<SshCertificate>
  /** Connects to the same server with new settings: token, keys and certificates stay. */
  reconnect(plan: VaultPlan): void
  /** Goes on with these identities: an unchanged one keeps its key and certificate, one that is left over is disposed of. */
  setIdentities(identities: readonly IdentityConfig[]): void
  /** Disposes of the keys and forgets the token here; on the server and in the keychain it stays. */
  close(): void
  /** Gives up its calls, because the daemon is stopping. The result of work for a person may still be stored. */
  stop(): void
}

/** What a vault needs. */
export interface VaultDeps
  extends IdentityDeps,
    Omit<LoginContext, 'client' | 'address' | 'tokenRefusal' | 'clientCertificate'> {
  /** Looks up SRV records. */
  resolveSrv: ResolveSrv
  /** Tells the person at the desktop. */
  notify: Notify
}

/**
 * Starts a vault without identities.
 * @throws {VaultError} VAULT_CONFIG: a certificate or the address cannot be used; `readVaultFiles` has checked that
 */
export function startVault(plan: VaultPlan, deps: VaultDeps): RunningVault {
  const { keychain, prompts, clock, random, log, notify } = deps
  const { name, address, auth, isOpen } = plan.config
  const source = createCertificateSource({ name: `vault ${plan.config.name}`, clock, log })
  const circuit = createCircuit({ clock, random })
  const switched = createSwitchedClient(connect(plan, circuit, deps))
  const client = circuit.guard(watchVault(switched, source))
  let { clientCert: clientCertificate } = plan.files
  const context: LoginContext = {
    ...deps,
    client,
    address,
    isOpen,
    tokenRefusal: plan.tokenRefusal,
    clientCertificate: () => clientCertificate,
  }
  const tellLoginNeeded = () => {
    notify(`vault ${displayLine(name)} needs a login: latchkey login ${shellWord(name)}`)
  }
  const login = createChosenLogin({
    vault: name,
    auth,
    isWritten: !isOpen,
    createMethod: (chosen) => createLoginMethod(chosen, context),
    createTokens: (method) =>
      method.type === 'inline'
        ? createInlineSource({ client, method, clock })
        : createTokenSource({ client, method, keychain, clock, random, log, prompts, tellLoginNeeded }),
  })
  const { tokens } = login
  tokens.start()
  const issuers = createIssuerList(client, tokens, clock)
  let config = plan.config
  let identities: readonly RunningIdentity[] = []

  const watches = new Map<string, CaWatch>()
  const caOf = (mount: string): CaWatch => {
    const watch = watches.get(mount) ?? createCaWatch(client, mount, clock, log)
    watches.set(mount, watch)
    return watch
  }
  const begin = (next: IdentityConfig): RunningIdentity => ({
    config: next,
    key: startIdentity(next, client, tokens, caOf(next.mount), source, deps),
  })
  const tryAgain = () => {
    issuers.retry()
    for (const { key } of identities) key.start()
  }
  // The new token may be allowed what the former one was refused.
  tokens.onReplaced(tryAgain)

  const setIdentities = (wanted: readonly IdentityConfig[]) => {
    const former = identities
    const kept = (next: IdentityConfig) => former.find((identity) => isSameIdentity(identity.config, next))
    identities = wanted.map((next) => kept(next) ?? begin(next))
    for (const identity of former) if (!identities.includes(identity)) disposeIdentity(identity)
  }

  return {
    get config() {
      return config
    },
    tokens,
    source,
    get identities() {
      return identities
    },
    login,
    async logIn(caller, chosen) {
      const summary = await login.logIn(caller, chosen)
      tryAgain()
      return summary
    },
    readVisibleLogins: () => readVisibleLogins(client),
    readCaKey: (mount, issuer, mountHint) => readCaKey(client, mount, issuer, mountHint),
    readCaKeys: (mount, wanted) => readCaKeys(inBackground(client), issuers.list, mount, wanted),
    signHostKey: (key, signing) => signHostKey(client, tokens, key, signing, clock.now),
    reconnect(next) {
      switched.use(connect(next, circuit, deps))
      config = next.config
      clientCertificate = next.files.clientCert
      tryAgain()
    },
    setIdentities,
    close() {
      setIdentities([])
      tokens.close()
      client.close()
    },
    stop() {
      for (const { key } of identities) key.stop()
      tokens.stop()
      client.close()
    },
  }
}

function connect({ config, files, roots }: VaultPlan, circuit: Circuit, deps: VaultDeps): VaultClient {
  const { clock, random, log, environment, resolveSrv } = deps
  return createVaultClient({
    name: config.name,
    address: config.address,
    namespace: config.namespace,
    tls: {
      ca: files.ca,
      roots,
      clientCert: files.clientCert,
      clientKey: files.clientKey,
      serverName: config.server_name,
    },
    timeoutMs: config.timeout * 1000,
    maxRetries: config.max_retries,
    redirectHosts: config.redirect_hosts,
    routeTo: createRouteTo({
      address: config.address,
      srvLookup: config.srv_lookup,
      environment,
      proxyRoots: roots,
      resolveSrv,
      random,
    }),
    onLimited: circuit.limited,
    clock,
    random,
    log,
  })
}
