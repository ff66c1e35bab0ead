import { invalidRequest, notBuilt } from '../errors.ts'

/** One `path` of a policy as it is written: its label, and what is said between the braces. */
export interface PathBlock {
  path: string
  /** Only those in `settings`. */
  values: ReadonlyMap<string, readonly string[]>
}

type Token = { kind: 'word' | 'text' | 'mark'; text: string; line: number }

const tokenPattern =
  /(?<space>\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?<text>(?:[^"\\\n]|\\.)*)"|(?<word>[\w.-]+)|(?<mark>[{}[\]=,])/y

/** What a path may say. The rest of what a real server knows is refused: ignoring it would grant too much. */
export const settings: readonly string[] = ['capabilities', 'comment']

/**
 * Reads the HCL that policies are written in: blocks of `path`, with texts and lists of texts.
 * @throws {DevVaultError} INVALID_REQUEST with the line
 */
export function parsePathBlocks(source: string, known = settings): readonly PathBlock[] {
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
  const readText = (what: string): string => {
    const token = peek()
    if (token === undefined || token.kind === 'mark') throw fail(`expected a ${what}`)
    at += 1
    return token.text
  }
  const readList = (): readonly string[] => {
    const items: string[] = []
    take('[')
    while (!isMark(']')) {
      items.push(readText('value'))
      if (!isMark(']')) take(',')
    }
    take(']')
    return items
  }
  const readBlock = (): PathBlock => {
    const keyword = readText('name')
    if (keyword !== 'path') throw invalidKey(keyword)
    const labels: string[] = []
    while (peek()?.kind === 'text') labels.push(readText('name'))
    take('{')
    const path = checkLabels(labels)
    const values = new Map<string, readonly string[]>()
    while (!isMark('}')) {
      const name = checkSetting(path, readText('name'), known)
      take('=')
      values.set(name, isMark('[') ? readList() : [readText('value')])
      if (isMark(',')) at += 1
    }
    take('}')
    return { path, values }
  }
  const blocks: PathBlock[] = []
  while (peek() !== undefined) blocks.push(readBlock())
  return blocks
}

/** The refusal of anything but a path. */
export const invalidKey = (name: string) =>
  invalidRequest(`failed to parse policy: invalid key ${JSON.stringify(name)}`)

function checkLabels([label, ...others]: readonly string[]): string {
  if (label === undefined || others.length > 0) throw invalidRequest('failed to parse policy: a path needs one label')
  return label
}

/** @throws {DevVaultError} INVALID_REQUEST for a setting that is not understood here */
export function checkSetting(path: string, name: string, known: readonly string[]): string {
  if (known.includes(name)) return name
  throw notBuilt(`failed to parse policy: path ${JSON.stringify(path)}: key ${JSON.stringify(name)}`)
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
    const { space, text, word, mark } = match.groups!
    if (text !== undefined) tokens.push({ kind: 'text', text: resolveEscapes(text), line })
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
