import { describeError } from '../core/errors.ts'
import { KeychainError } from './keychain.ts'

/** The OS keychain of this platform, by the name that its users know. */
export function osKeychainName(platform: NodeJS.Platform): string {
  return platform === 'darwin' ? 'macOS Keychain' : 'Secret Service'
}

const otherStoreHint = 'or set store = "file" under [keychain] in config.toml'

/**
 * What an error of the native module means; it has nothing but a text. Anything that is not known to mean a locked keychain
 * counts as one that does not answer, and nothing counts as "no such item".
 */
export function explainOsError(cause: unknown, platform: NodeJS.Platform): KeychainError {
  const text = describeError(cause)
  const name = osKeychainName(platform)
  const unavailable = (message: string, toDo: string) =>
    new KeychainError('KEYCHAIN_UNAVAILABLE', message, { cause, hint: `${toDo}, ${otherStoreHint}` })
  if (isProviderHung(cause)) return unavailable(`the ${name} does not answer`, 'restart it')
  if (isLocked(text)) {
    const unlock = platform === 'darwin' ? 'security unlock-keychain' : 'unlock the login keyring (seahorse)'
    return new KeychainError('KEYCHAIN_LOCKED', `the ${name} is locked`, {
      cause,
      hint: `${unlock}, ${otherStoreHint}`,
    })
  }
  if (/no result found/i.test(text)) return unavailable(`the ${name} has no default keyring`, 'create one (seahorse)')
  if (/not provided by any|ServiceUnknown/.test(text)) {
    return unavailable(`no program provides the ${name}`, 'start one, such as gnome-keyring-daemon')
  }
  if (/autolaunch|failed to connect to (address|socket)/i.test(text)) {
    return unavailable(`there is no D-Bus session that leads to the ${name}`, 'set DBUS_SESSION_BUS_ADDRESS')
  }
  return unavailable(`the ${name} fails: ${text}`, 'check that it works (seahorse)')
}

/** True where the provider did not answer in the native module's own time limit: asking again would block as long. */
export function isProviderHung(cause: unknown): boolean {
  return /did not receive a reply|timed? ?out/i.test(describeError(cause))
}

/**
 * Locked, or the person closed the dialog: Secret Service (IsLocked, a dismissed prompt), macOS
 * (errSecInteractionNotAllowed, errSecUserCanceled, errSecAuthFailed). Whole words, because D-Bus says about a provider
 * that hangs that its reply may have been blocked.
 */
function isLocked(text: string): boolean {
  return /\bis ?locked\b|\bdismissed\b|cancell?ed|interaction is not allowed|user name or passphrase/i.test(text)
}
