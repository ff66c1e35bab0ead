#!/usr/bin/env node
// In the place of ssh-sk-helper (SSH_SK_HELPER), since sk-dummy has no resident keys: a security key on which are those of the files
// in RESIDENT_KEYS. What is said with ssh-add is of OpenSSH's ssh-sk-helper.c and PROTOCOL.key.
import { readFileSync, readSync, writeSync } from 'node:fs'

const version = 5
const loadResidentKeys = 3

const uint32 = (number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}
const string = (bytes) => Buffer.concat([uint32(bytes.length), bytes])

/** A key of ssh-keygen -t ed25519-sk in a file without a passphrase, as one program hands it to another: what the file has behind it
 * does not belong to it. */
function privateKey(path) {
  const bytes = Buffer.from(readFileSync(path, 'latin1').replace(/-----[^-]+-----/g, ''), 'base64')
  let offset = Buffer.byteLength('openssh-key-v1\0')
  const skip = (count) => {
    offset += count
  }
  const skipStrings = (count) => {
    for (let left = count; left > 0; left -= 1) skip(4 + bytes.readUInt32BE(offset))
  }
  skipStrings(3) // the cipher, which is none
  skip(4) // one key
  skipStrings(1) // its public half
  skip(4 + 8) // the length, and the numbers that prove a passphrase
  const start = offset
  skipStrings(3) // type, public key, application
  skip(1) // flags
  skipStrings(2) // handle, reserved
  return bytes.subarray(start, offset)
}

const asked = Buffer.alloc(64 * 1024)
let filled = 0
while (filled < 4 || filled < 4 + asked.readUInt32BE(0))
  filled += readSync(0, asked, filled, asked.length - filled, null)
if (asked[4] !== version || asked.readUInt32BE(5) !== loadResidentKeys) throw new Error('asked for something else')
const comment = string(Buffer.alloc(0))
const user = string(Buffer.from('jo'))
const keys = process.env.RESIDENT_KEYS.split(':').map((path) =>
  Buffer.concat([string(privateKey(path)), comment, user]),
)
writeSync(1, string(Buffer.concat([Buffer.of(version), uint32(loadResidentKeys), ...keys])))
