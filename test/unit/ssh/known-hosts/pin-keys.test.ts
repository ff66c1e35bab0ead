import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pinKeys } from '../../../../src/ssh/known-hosts/pin-keys.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { fuzzed } from '../../../support/fuzzing.ts'

const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const [own, second, other] = [newKey(), newKey(), newKey()] as const
const line = (blob: Uint8Array) => formatPublicKeyLine(blob, '')
const web = { host: 'web.example.com', port: 22 }
const address = { host: '10.0.0.1', port: 22 }
const odd = { host: 'web.example.com', port: 2222 }
const pin = (text: string, names = [web], keys: readonly Uint8Array[] = [own]) => pinKeys(text, names, keys)
/** The line of a host as ssh writes it hashed, by ourselves. */
const hashed = (host: string, blob: Uint8Array, saltLength = 20) => {
  const outcome = pinKeys('', [{ host, port: 22, newSalt: () => Buffer.alloc(saltLength, 7) }], [blob])
  return outcome.type === 'pinned' ? outcome.text : ''
}

describe('pinning host keys', () => {
  it('adds a line for each name and key, and no other byte changes', () => {
    const text = '# \u00ff mine\r\n\n  bad line\n@cert-authority * ssh-rsa AAAA'
    expect(pin(text, [web, address, odd], [own, second])).toEqual({
      type: 'pinned',
      added: 6,
      text: `${text}\n${[web.host, address.host, '[web.example.com]:2222']
        .flatMap((name) => [own, second].map((key) => `${name} ${line(key)}\n`))
        .join('')}`,
    })
    expect(pin('')).toEqual({ type: 'pinned', added: 1, text: `${web.host} ${line(own)}\n` })
  })

  it.each([
    ['in full', `${web.host} ${line(own)} a comment`],
    ['in a list', `old,WEB.example.com ${line(own)}\n`],
    ['by a pattern', `*.example.com ${line(own)}\n`],
    ['hashed', hashed(web.host, own)],
  ])('adds nothing to what is there %s', (_, text) => {
    expect(pin(text)).toEqual({ type: 'pinned', added: 0, text })
  })

  it('hashes a name with a salt of its own for each line', () => {
    const salts: Buffer[] = []
    const name = { ...web, newSalt: () => salts[salts.push(randomBytes(20)) - 1]! }
    const outcome = pinKeys('', [name], [own, second])
    expect(outcome).toMatchObject({
      added: 2,
      text: expect.stringMatching(/^(\|1\|\S{28}\|\S{28} ssh-ed25519 \S+\n){2}$/),
    })
    expect(new Set(salts).size).toBe(2)
  })

  it('refuses a name that has another key, by the line, whatever else it has', () => {
    const text = `# first\n${web.host} ${line(own)}\n${web.host} ${line(other)}\n${hashed(web.host, second)}`
    expect(pin(text)).toEqual({
      type: 'conflict',
      conflicts: [
        { line: 3, name: web, isPattern: false, isShared: false },
        { line: 4, name: web, isPattern: false, isShared: false },
      ],
    })
    expect(pin(`*.example.com ${line(other)}\n`)).toMatchObject({ conflicts: [{ line: 1, isPattern: true }] })
  })

  it('lets another key stand that is another name or port’s, or a CA’s', () => {
    const text = `db ${line(other)}\n[web.example.com]:2222 ${line(other)}\n@cert-authority * ${line(other)}\n!web.example.com,* ${line(other)}\n# ${web.host} ${line(other)}\n`
    expect(pin(text)).toMatchObject({ type: 'pinned', added: 1 })
    expect(pin(text, [odd])).toMatchObject({ type: 'conflict', conflicts: [{ line: 2 }, { line: 4, isPattern: true }] })
  })

  it('refuses a key that is revoked, for whatever host', () => {
    expect(pin(`\n@revoked somebody ${line(own)}\n`)).toEqual({ type: 'revoked', line: 2 })
    expect(pin(`@revoked * ${line(other)}\n`)).toMatchObject({ type: 'pinned' })
  })

  it('adds to whatever is there, or says why not; a second time nothing is missing', () => {
    const piece = fc.constantFrom(
      web.host,
      '*',
      '@revoked ',
      '@cert-authority ',
      line(own),
      line(other),
      ' ',
      '\n',
      '#',
      ',',
    )
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 6, unit: 'binary' }))).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, (before) => {
        const outcome = pin(before, [web, odd])
        if (outcome.type !== 'pinned') return
        expect(outcome.text.startsWith(before)).toBe(true)
        expect(pin(outcome.text, [web, odd])).toEqual({ type: 'pinned', added: 0, text: outcome.text })
      }),
      fuzzed(1402, 1000),
    )
  })

  it('passes over lines that ssh does not read', () => {
    const text = [
      `${web.host} ssh-rsa ${line(other).split(' ')[1]}`,
      `${web.host} ssh-ed25519`,
      `${web.host} ssh-ed25519 A`,
      hashed(web.host, other, 16),
    ]
    expect(pin(`${text.join('\n')}\n@odd ${web.host} ${line(other)}\n`)).toMatchObject({ type: 'pinned', added: 1 })
  })
})
