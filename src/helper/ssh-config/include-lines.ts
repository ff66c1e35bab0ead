/** Which words of an Include lead to our file, and the one that is written. */
export interface IncludeName {
  written: string
  isOurs(word: string): boolean
}

const mark = '# latchkey: keep these lines last, so that what is above counts (latchkey ssh config --remove)'

/** The lines for the end of ~/.ssh/config. `Match all` ends what a Host or Match block above has begun. */
export function includeLines(name: IncludeName): readonly string[] {
  return [mark, 'Match all', `Include ${name.written}`]
}

/**
 * Puts our lines at the end of an ssh_config, once, and takes them away from wherever else they are. Everything else stays
 * byte for byte.
 */
export function withInclude(text: string, name: IncludeName): string {
  const rest = withoutInclude(text, name)
  const eol = lineEnd(rest)
  // A line break goes before, whether or not the last line has one: so taking it away again gives what was there.
  return `${rest}${rest === '' ? '' : eol}${includeLines(name).join(eol)}${eol}`
}

/** The text without our lines: where nobody has changed anything since, that is what was there before them. */
export function withoutInclude(text: string, name: IncludeName): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const kept: string[] = []
  for (let index = 0; index < lines.length; ) {
    const length = lines[index]!.trim() === mark ? blockLength(lines, index, name) : 0
    if (length === 0) {
      kept.push(withoutOurWord(lines[index]!, name))
      index += 1
      continue
    }
    const [first = '', matchAll = ''] = lines.slice(index, index + length)
    index += length
    closeGap(kept, lines.slice(index), { eol: lineEnd(first), matchAll })
  }
  return kept.join('')
}

/** Whether one of its lines includes our file. */
export function hasInclude(text: string, name: IncludeName): boolean {
  return text.split('\n').some((line) => includedBy(line).some(name.isOurs))
}

/** How many lines from the mark on are ours: somebody may have taken some of them away. */
function blockLength(lines: readonly string[], index: number, name: IncludeName): number {
  if (!/^\s*match\s+all\s*$/i.test(lines[index + 1] ?? '')) return 1
  return includedBy(lines[index + 2] ?? '').some(name.isOurs) && withoutOurWord(lines[index + 2]!, name) === '' ? 3 : 2
}

/** @param block what its lines end with, and its `Match all`, empty where it had none */
function closeGap(kept: string[], rest: readonly string[], { eol, matchAll }: { eol: string; matchAll: string }): void {
  const next = rest.find((line) => !/^\s*(#|$)/.test(line))
  // What somebody has written below belongs to our `Match all`, and would belong to the block before it.
  if (matchAll !== '' && next !== undefined && !/^\s*(host|match)\b/i.test(next)) return void kept.push(matchAll)
  const last = kept.at(-1)
  if (last === undefined) return
  if (/^\r?\n$/.test(last)) kept.pop()
  else if (rest.length === 0) kept[kept.length - 1] = last.endsWith(eol) ? last.slice(0, -eol.length) : last
}

/** That of the first line. */
function lineEnd(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n'
}

const include = /^(\s*include(?:\s*=\s*|\s+))(.*)$/is

/** The words of an Include; none where the line is another. */
function includedBy(line: string): readonly string[] {
  const [, , rest = ''] = include.exec(line) ?? []
  const words = (rest.match(/"[^"]*"|[^\s"]+/g) ?? []).map((word) => word.replaceAll('"', ''))
  const comment = words.findIndex((word) => word.startsWith('#'))
  return comment < 0 ? words : words.slice(0, comment)
}

/** The line without our file, which somebody may have put beside others; empty where it has no other. */
function withoutOurWord(line: string, { isOurs }: IncludeName): string {
  const words = includedBy(line)
  if (!words.some(isOurs)) return line
  if (words.every(isOurs)) return ''
  const [, head = '', rest = ''] = include.exec(line) ?? []
  const others = rest.replace(/[ \t]*("[^"]*"|[^\s"]+)/g, (whole, word: string) =>
    isOurs(word.replaceAll('"', '')) ? '' : whole,
  )
  return `${head}${others.trimStart()}`
}
