declare module 'bcrypt-pbkdf' {
  /** Fills `out`; the lengths are in bytes. @returns 0, or -1 where an argument is out of range */
  export function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    out: Uint8Array,
    outLength: number,
    rounds: number,
  ): number
}
