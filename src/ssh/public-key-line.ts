import { createHash } from 'node:crypto'
import { displayLine } from '../core/text/display-text.ts'
import { quoted, SshError, SshReader } from './wire.ts'

/** A public key as a line of text (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface PublicKeyLine {
  /** The blob of a plain key or of a certificate. Only its type name is decoded here. */
  blob: Uint8Array
  comment: string
}

/**
 * Reads one line of a `.pub` file: `type base64 comment`, with or without its line break (sshd(8), AUTHORIZED_KEYS FILE
 * FORMAT, without options).
 * @throws {SshError} KEY_LINE_INVALID if it is not such a line, or names another type than its blob
 */
export function parsePublicKeyLine(text: string): PublicKeyLine {
  const [, type, base64, comment] =
    /^[ \t]*([^\s]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+([^\r\n]*?))?\s*$/.exec(text) ?? []
  if (type === undefined || base64 === undefined) throw invalid('not a line of the form "type base64 comment"')
  const blob = Buffer.from(base64, 'base64')
  const inner = typeOf(blob)
  if (inner !== type) throw invalid(`the line says ${quoted(type)}, its key ${quoted(inner)}`)
  return { blob, comment: comment ?? '' }
}

/**
 * Writes the line of a key or certificate, without a line break.
 * @throws {SshError} KEY_LINE_INVALID when the blob does not begin with a type name
 */
export function formatPublicKeyLine(blob: Uint8Array, comment: string): string {
  const line = `${typeOf(blob)} ${Buffer.from(blob).toString('base64')}`
  // A line break in a comment would let its author add a line.
  const oneLine = displayLine(comment)
  return oneLine === '' ? line : `${line} ${oneLine}`
}

/** `SHA256:…` of the blob of a plain key, as `ssh-keygen -l` prints it. */
export function plainFingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

function typeOf(blob: Uint8Array): string {
  try {
    return new SshReader(blob).text()
  } catch (cause) {
    throw new SshError('KEY_LINE_INVALID', 'the base64 is not an SSH key', { cause })
  }
}

const invalid = (message: string) => new SshError('KEY_LINE_INVALID', message)
