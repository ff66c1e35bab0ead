const armoured = /-----BEGIN (EC PARAMETERS|[A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g
const putty = /^PuTTY-User-Key-File-\d: [\s\S]*?^Private-MAC: [0-9a-f]+\s*$/gm
/** As programs on Windows put it before a text. */
const byteOrderMark = /^\xef\xbb\xbf/

/** Whether there is nothing in a file but a private key: with a certificate or a note in it, it is more than the key. */
export function isKeyAlone(content: Uint8Array): boolean {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1')
  return text.replace(byteOrderMark, '').replace(armoured, '').replace(putty, '').trim() === ''
}
