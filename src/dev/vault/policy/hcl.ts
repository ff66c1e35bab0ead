import { invalidRequest } from '../errors.ts'

/** A block of HCL, such as `path "ssh/*" { … }`: its keyword, its labels and what is between the braces. */
export interface HclBlock {
  keyword: string
  labels: readonly string[]
  body: HclBody
}

/** What may stand behind an equals sign. */
export type HclValue = string | number | boolean | readonly HclValue[] | HclBody

/** Assignments and blocks, in their order. */
export interface HclBody {
  values: ReadonlyMap<string, HclValue>
  blocks: readonly HclBlock[]
}

type Token = { kind: 'word' | 'text' | 'number' | 'mark'; text: string; line: number }

const tokenPattern =
  /(?<space>\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?<text>(?:[^"\\\n]|\\.)*)"|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w.-]*)|(?<mark>[{}[\]=,:])/y

/**
 * Reads the HCL that policies are written in: blocks, assignments, lists, comments. No here-documents, no expressions.
 * @throws {DevVaultError} INVALID_REQUEST with the line
 */
export function parseHcl(source: string): HclBody {
  const tokens = tokenize(source)
  let at = 0
  const peek = () => tokens[at]
  const fail = (what: string): Error =>
    invalidRequest(`failed to parse policy: at ${peek()?.line ?? 'the end'}: ${what}, got ${peek()?.text ?? 'nothing'}`)
  const isMark = (text: string) => peek()?.kind === 'mark' && peek()?.text === text
  const take = (text: string) => {
    if (!isMark(text)) throw fail(`expected ${text}`)
    at += 1
  }

  const readBody = (isOutermost: boolean): HclBody => {
    const values = new Map<string, HclValue>()
    const blocks: HclBlock[] = []
    while (isOutermost ? peek() !== undefined : !isMark('}')) {
      const keyword = readName()
      if (isMark('=') || isMark(':')) {
        at += 1
        values.set(keyword, readValue())
      } else {
        blocks.push(readBlock(keyword))
      }
      if (isMark(',')) at += 1
    }
    return { values, blocks }
  }
  const readName = (): string => {
    const token = peek()
    if (token?.kind !== 'word' && token?.kind !== 'text') throw fail('expected a name')
    at += 1
    return token.text
  }
  const readBlock = (keyword: string): HclBlock => {
    const labels: string[] = []
    while (peek()?.kind === 'text') labels.push(readName())
    take('{')
    const body = readBody(false)
    take('}')
    return { keyword, labels, body }
  }
  const readValue = (): HclValue => {
    if (isMark('[')) return readList()
    if (isMark('{')) return readBlock('').body
    const token = peek()
    if (token === undefined || token.kind === 'mark') throw fail('expected a value')
    at += 1
    if (token.kind === 'number') return Number(token.text)
    return token.kind === 'word' && /^(true|false)$/.test(token.text) ? token.text === 'true' : token.text
  }
  const readList = (): readonly HclValue[] => {
    const items: HclValue[] = []
    take('[')
    while (!isMark(']')) {
      items.push(readValue())
      if (!isMark(']')) take(',')
    }
    take(']')
    return items
  }

  return readBody(true)
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(tokenPattern)
  let line = 1
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(source)
    if (match === null) {
      throw invalidRequest(`failed to parse policy: at ${line}: illegal character ${JSON.stringify(source[start])}`)
    }
    const { space, text, number, word, mark } = match.groups!
    if (text !== undefined) tokens.push({ kind: 'text', text: resolveEscapes(text), line })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, line })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, line })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, line })
    else line += space!.split('\n').length - 1
  }
  return tokens
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function resolveEscapes(text: string): string {
  return text.replace(/\\(.)/g, (_whole, letter: string) => escapes[letter] ?? letter)
}
