/** The part of `@napi-rs/keyring` that is used; its `Entry` is not: it blocks the process while a dialog is open. */
export interface KeyringModule {
  /** Connects to the keychain, synchronously: takes milliseconds, or two seconds where the provider hangs. */
  AsyncEntry: new (
    service: string,
    account: string,
    options?: KeyringEntryOptions,
  ) => KeyringEntry
  /** All items of a service, decrypted. Asks the Secret Service, or the Keychain on macOS, and never another store. */
  findCredentialsAsync(service: string): Promise<{ account: string; password: string }[]>
}

/** One item of the OS keychain. */
export interface KeyringEntry {
  getPassword(): Promise<string | null>
  setPassword(password: string): Promise<void>
  deleteCredential(): Promise<boolean>
}

/** Which store to use on Linux. */
export interface KeyringEntryOptions {
  linux?: { store?: 'secret-service' }
}

/** Loads the native module on first need: the daemon may never use the OS keychain. */
export async function loadKeyring(): Promise<KeyringModule> {
  return await import('@napi-rs/keyring')
}
