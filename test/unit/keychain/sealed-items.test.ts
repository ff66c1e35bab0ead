import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import {
  deriveFileKey,
  type FileKey,
  newKeyDerivation,
  openSealedItems,
  parseSealedItems,
  SealedItemsError,
  sealItems,
} from '../../../src/keychain/sealed-items.ts'

const cost = { n: 16, r: 1, p: 1 }
const items = new Map([
  ['aws/key/master', 'wJalr…é\u0000'],
  ['__proto__', 'an item like any other'],
])
let key: FileKey
let text: string

beforeAll(async () => {
  key = await deriveFileKey(new Secret('pass'), newKeyDerivation(cost))
  text = sealItems(items, key)
})

const open = (file: string, with_ = key) => openSealedItems(parseSealedItems(file), with_)
const reasonOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof SealedItemsError) return error.reason
    throw error
  }
  return undefined
}
/** The file after a change by somebody who knows how the checksum is made. */
const resum = (lines: string) => `${lines}${createHash('sha256').update(lines).digest('hex')}\n`
const withHeader = (change: (header: Record<string, unknown>) => void) => {
  const [line = '', sealed = ''] = text.split('\n')
  const header = JSON.parse(line)
  change(header)
  return resum(`${JSON.stringify(header)}\n${sealed}\n`)
}

describe('a keychain file', () => {
  it('gives back what was sealed, with a key derived again from its header', async () => {
    const { header } = parseSealedItems(text)
    const again = await deriveFileKey(new Secret('pass'), header)
    expect(open(text, again)).toEqual(items)
  })

  it('has another nonce, and so another content, at each writing', () => {
    expect(sealItems(items, key)).not.toBe(text)
  })

  it('shows neither names nor values', () => {
    expect(Buffer.from(text.split('\n')[1]!, 'base64').toString('latin1')).not.toContain('aws/key')
    expect(text).not.toContain('master')
  })

  it('tells a wrong passphrase from a damaged file', async () => {
    const wrong = await deriveFileKey(new Secret('Pass'), key.derivation)
    expect(reasonOf(() => open(text, wrong))).toBe('wrong-passphrase')
  })

  it('is damaged when cut anywhere', () => {
    for (let length = 0; length < text.length; length += 1) {
      expect(reasonOf(() => open(text.slice(0, length)))).toBe('damaged')
    }
  })

  it('is damaged when one byte differs, wherever it is', () => {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      // A changed version digit reads as a newer version: it is not opened either.
      expect(reasonOf(() => open(changed.toString('utf8')))).toMatch(/^(damaged|newer-version)$/)
    }
  })

  it('is damaged when something follows it', () => {
    expect(reasonOf(() => open(`${text}x`))).toBe('damaged')
    expect(reasonOf(() => open(`${text}\n`))).toBe('damaged')
  })

  it('is bound to its header: a change there is found though the checksum fits', () => {
    const order = withHeader((header) => {
      header.cost = { p: 1, r: 1, n: 16 }
    })
    expect(reasonOf(() => open(order))).toBe('damaged')
  })

  it('is refused when it asks for unreasonable work', () => {
    for (const n of [2 ** 40, 3, 0, -2, 1.5, Number.MAX_VALUE]) {
      const file = withHeader((header) => {
        header.cost = { n, r: 8, p: 1 }
      })
      expect(
        reasonOf(() => parseSealedItems(file)),
        String(n),
      ).toBe('damaged')
    }
    const parallel = withHeader((header) => {
      header.cost = { n: 16, r: 1, p: 2 ** 20 }
    })
    expect(reasonOf(() => parseSealedItems(parallel))).toBe('damaged')
    // Four times what a new file takes, and not once more.
    const workOf = (p: number) =>
      withHeader((header) => {
        header.cost = { n: 2 ** 14, r: 8, p }
      })
    expect(reasonOf(() => parseSealedItems(workOf(20)))).toBeUndefined()
    expect(reasonOf(() => parseSealedItems(workOf(21)))).toBe('damaged')
  })

  it('of another version is left to a newer latchkey', () => {
    const newer = withHeader((header) => {
      header.version = 2
    })
    expect(reasonOf(() => parseSealedItems(newer))).toBe('newer-version')
  })

  it('with a wrong nonce or no content at all is damaged', () => {
    const nonce = withHeader((header) => {
      header.nonce = 'AAAA'
    })
    expect(reasonOf(() => open(nonce))).toBe('damaged')
    expect(reasonOf(() => open(resum(`${text.split('\n')[0]}\nAAAA\n`)))).toBe('damaged')
  })
})
