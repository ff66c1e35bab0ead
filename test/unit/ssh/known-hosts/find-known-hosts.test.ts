import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { findKnownHosts } from '../../../../src/ssh/known-hosts/find-known-hosts.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'

const blob = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const other = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const textOf = (key: Uint8Array) => `ssh-ed25519 ${Buffer.from(key).toString('base64')}`
const find = (text: string) => findKnownHosts(Buffer.from(text), blob)
const at = (host: string, port = 22) => ({ host, port })
const hashedName = (name: string) => {
  const salt = Buffer.from('twenty bytes of salt')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

describe('what known_hosts says of a key', () => {
  it('are the names in each line that has it, with or without a comment, a CR or a last line break', () => {
    const text = [
      `one.example,10.0.0.1 ${textOf(blob)} a comment`,
      `two.example ${textOf(other)}`,
      `\t[Three.Example]:2222 \t${textOf(blob)}\r`,
      `[::1]:22022,fe80::1 ${textOf(blob)}`,
    ].join('\n')
    expect(find(text).map(({ role, names, hasMore }) => ({ role, names, hasMore }))).toEqual([
      { role: 'host', names: [at('one.example'), at('10.0.0.1')], hasMore: false },
      { role: 'host', names: [at('three.example', 2222)], hasMore: false },
      { role: 'host', names: [at('::1', 22022), at('fe80::1')], hasMore: false },
    ])
  })

  it('is nothing in comments, in halves of keys, and in lines that are none', () => {
    const lines = [
      `# one.example ${textOf(blob)}`,
      `#one.example ${textOf(blob)}`,
      textOf(blob),
      Buffer.from(blob).toString('base64'),
      `one.example ${textOf(blob)}AAAA`,
      `one.example ${textOf(blob)}=`,
      `one.example ssh-ed25519 A${Buffer.from(blob).toString('base64')}`,
      `one.example two.example ${textOf(blob)}`,
      `@unknown one.example ${textOf(blob)}`,
      `@revoked ${textOf(blob)}`,
      '',
      '\0\0\0',
    ]
    for (const line of lines) expect(find(`${line}\n`)).toEqual([])
  })

  it('may be that it is revoked, or that of a CA', () => {
    const [revoked, ca] = find(`@revoked * ${textOf(blob)}\n@cert-authority *.example ${textOf(blob)}\n`)
    expect(revoked?.role).toBe('revoked')
    expect(ca?.role).toBe('cert-authority')
    expect(ca?.isAbout(at('db.example'))).toBe(true)
    expect(ca?.isAbout(at('db.example', 2222))).toBe(false)
  })

  it('may be a pattern, which no name is taken from, and from which names are excluded', () => {
    const [line] = find(`db.example,*.db.example,!old.db.example,[*.example]:2222 ${textOf(blob)}`)
    expect(line).toMatchObject({ names: [at('db.example')], hasMore: true })
    expect(line!.isAbout(at('new.db.example'))).toBe(true)
    expect(line!.isAbout(at('old.db.example'))).toBe(false)
    expect(line!.isAbout(at('any.example', 2222))).toBe(true)
    expect(line!.isAbout(at('any.example', 2223))).toBe(false)
  })

  it('is excluded even by name', () => {
    expect(find(`db.example,!db.example ${textOf(blob)}`)[0]!.names).toEqual([])
  })

  it('may be hashed: then only the right guess is true', () => {
    const [line, atPort] = find(
      `${hashedName('db.example')} ${textOf(blob)}\n${hashedName('[db.example]:2222')} ${textOf(blob)}`,
    )
    expect(line).toMatchObject({ role: 'host', names: [], hasMore: true })
    expect(line!.isAbout(at('db.example'))).toBe(true)
    expect(line!.isAbout(at('other.example'))).toBe(false)
    expect(line!.isAbout(at('db.example', 2222))).toBe(false)
    expect(atPort!.isAbout(at('db.example', 2222))).toBe(true)
  })

  it('is found behind anything, however large', () => {
    const binary = Buffer.alloc(10_000_000, 0xff)
    const file = Buffer.concat([binary, Buffer.from(`\none.example ${textOf(blob)}\n`), binary])
    expect(findKnownHosts(file, blob).map(({ names }) => names)).toEqual([[at('one.example')]])
  })

  it('is left out in a line that is too long, and beyond a thousand lines', () => {
    expect(find(`${'a.example,'.repeat(10_000)}one.example ${textOf(blob)}`)).toEqual([])
    const many = Array.from({ length: 3_000 }, (_, index) => `host${index} ${textOf(blob)}\n`).join('')
    expect(find(many)).toHaveLength(1_000)
    // One line that repeats the key without end costs no more than that.
    expect(find(`one ${textOf(blob)}`.repeat(50_000)).length).toBeLessThanOrEqual(1_000)
  })
})
