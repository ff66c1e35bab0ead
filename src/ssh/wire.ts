import { CodedError } from '../core/errors.ts'
import { displayJson } from '../core/text/display-text.ts'

/** What is wrong with bytes from the wire. */
export type SshErrorCode =
  | 'WIRE_TRUNCATED'
  | 'WIRE_TRAILING_BYTES'
  | 'WIRE_BAD_MPINT'
  | 'WIRE_BAD_TEXT'
  | 'KEY_TYPE_UNKNOWN'
  | 'KEY_SIZE_UNKNOWN'
  | 'KEY_INVALID'
  | 'KEY_LINE_INVALID'
  | 'SIGNATURE_INVALID'
  | 'CERTIFICATE_INVALID'
  | 'CERTIFICATE_TOO_LARGE'
  | 'CERTIFICATE_OF_ANOTHER_KEY'
  | 'CERTIFICATE_FOR_A_HOST'
  | 'CERTIFICATE_FOR_A_USER'
  | 'CERTIFICATE_WITHOUT_PRINCIPALS'
  | 'CERTIFICATE_FOR_OTHERS'
  | 'CERTIFICATE_TEMPLATE_UNRENDERED'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'CERTIFICATE_OPTION_UNKNOWN'
  | 'CERTIFICATE_SIGNATURE_INVALID'
  | 'CERTIFICATE_OF_ANOTHER_CA'
  | 'CERTIFICATE_MORE_THAN_ASKED'

/** Bytes that are not what SSH says they must be. */
export class SshError extends CodedError<SshErrorCode> {}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A cursor over the data types of RFC 4251 §5. No read goes beyond the bytes that are there, whatever a length field says,
 * and what it returns is a view, not a copy.
 * @throws {SshError} from each read: WIRE_TRUNCATED, or the code named at the method
 */
export class SshReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  byte(): number {
    return this.#bytes[this.#advance(1)]!
  }

  /** Any value but zero is true (RFC 4251 §5). */
  boolean(): boolean {
    return this.byte() !== 0
  }

  /** Read by bytes: a DataView for each of the messages, of which there are many, costs more. */
  uint32(): number {
    const at = this.#advance(4)
    const bytes = this.#bytes
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  uint64(): bigint {
    return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32())
  }

  string(): Uint8Array {
    const length = this.uint32()
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  /**
   * A string that must be UTF-8, without NUL: who reads it in C would see another one, or, as OpenSSH does, refuse it
   * (sshbuf_get_cstring).
   * @throws {SshError} WIRE_BAD_TEXT
   */
  text(): string {
    const bytes = this.string()
    if (bytes.includes(0)) throw new SshError('WIRE_BAD_TEXT', 'a text field has a NUL')
    try {
      return strictUtf8.decode(bytes)
    } catch (cause) {
      throw new SshError('WIRE_BAD_TEXT', 'a text field is not UTF-8', { cause })
    }
  }

  /**
   * A non-negative number, as its magnitude without leading zeros; zero is empty.
   * @throws {SshError} WIRE_BAD_MPINT if it is negative or longer than necessary
   */
  mpint(): Uint8Array {
    const bytes = this.string()
    if (bytes.length === 0) return bytes
    if (bytes[0]! >= 0x80) throw new SshError('WIRE_BAD_MPINT', 'a number is negative')
    if (bytes[0] !== 0) return bytes
    if (bytes.length === 1 || bytes[1]! < 0x80) throw new SshError('WIRE_BAD_MPINT', 'a number has needless zeros')
    return bytes.subarray(1)
  }

  /** Everything that has not been read yet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#advance(this.remaining))
  }

  /** @throws {SshError} WIRE_TRAILING_BYTES when something has not been read */
  end(): void {
    if (this.remaining > 0) throw new SshError('WIRE_TRAILING_BYTES', `${this.remaining} bytes too many`)
  }

  #advance(length: number): number {
    if (length > this.remaining) {
      throw new SshError('WIRE_TRUNCATED', `${length} bytes expected, ${this.remaining} left`)
    }
    const start = this.#offset
    this.#offset += length
    return start
  }
}

/** Builds a message from the data types of RFC 4251 §5. */
export class SshWriter {
  readonly #parts: Uint8Array[] = []

  byte(value: number): this {
    return this.raw(Uint8Array.of(value))
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0)
  }

  uint32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeUInt32BE(value)
    return this.raw(part)
  }

  uint64(value: bigint): this {
    const part = Buffer.allocUnsafe(8)
    part.writeBigUInt64BE(value)
    return this.raw(part)
  }

  /** @param value bytes, or text to be written as UTF-8 */
  string(value: Uint8Array | string): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
    return this.uint32(bytes.length).raw(bytes)
  }

  /** @param magnitude an unsigned number, big-endian; leading zeros are dropped */
  mpint(magnitude: Uint8Array): this {
    const minimal = trimLeadingZeros(magnitude)
    // The sign bit must stay clear (RFC 4251 §5).
    if (minimal.length > 0 && minimal[0]! >= 0x80)
      return this.uint32(minimal.length + 1)
        .byte(0)
        .raw(minimal)
    return this.string(minimal)
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    return this
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }
}

/** An unsigned big-endian number without its leading zeros; zero is empty. */
export function trimLeadingZeros(magnitude: Uint8Array): Uint8Array {
  let start = 0
  while (start < magnitude.length && magnitude[start] === 0) start += 1
  return magnitude.subarray(start)
}

/** An unsigned big-endian number at a fixed width, or undefined when it does not fit. */
export function padToWidth(magnitude: Uint8Array, width: number): Uint8Array | undefined {
  if (magnitude.length > width) return undefined
  const padded = new Uint8Array(width)
  padded.set(magnitude, width - magnitude.length)
  return padded
}

/** The number of significant bits of an unsigned big-endian number without leading zeros. */
export function bitLength(magnitude: Uint8Array): number {
  return magnitude.length === 0 ? 0 : magnitude.length * 8 - Math.clz32(magnitude[0]!) + 24
}

/** How much of a stranger's text a message repeats: a frame has up to 256 KiB, and each refusal is a line in the log. */
const maxQuotedLength = 64

/** A text from outside, made fit for an error message: in quotes, control characters escaped, and short. */
export function quoted(text: string): string {
  return displayJson(text.length <= maxQuotedLength ? text : `${text.slice(0, maxQuotedLength)}…`)
}

/** Compares public bytes; not constant-time, so how long it takes reveals where they differ. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}
