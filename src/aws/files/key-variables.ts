import { Secret } from '../../core/secret.ts'
import { linesOf } from '../config/ini.ts'
import type { PlaintextKey } from './plaintext-keys.ts'

const names = 'AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN)'
/** A value that stands there itself: nothing in it is expanded by a shell. */
const literal = '"[^"$`\\\\]*"|\'[^\']*\'|[^\\s"\'$`\\\\;&|#()<>{}*?]*'
const assignment = `(?:${names})=(?:${literal})`
/** As POSIX shells, bash and zsh read it; without `export` a line of a dotenv file as well. */
const shell = `(?:(?:export|declare -x|typeset -x)[ \\t]+)?${assignment}(?:[ \\t]+${assignment})*`
/** With blanks around it, as in some dotenv files. */
const spaced = `(?:${names})[ \\t]*=[ \\t]*(?:${literal})`
/** fish(1), set; csh(1), setenv. */
const words = `(?:set[ \\t]+-[gxUL]+|setenv)[ \\t]+(?:${names})[ \\t]+(?:${literal})`

const line = new RegExp(`^(?:${shell}(?:[ \\t]*(?:;|&&)[ \\t]*${shell})*|${spaced}|${words})[ \\t]*;?[ \\t]*(?:#.*)?$`)
const part = new RegExp(`(${names})[ \\t=]+(${literal})`, 'g')

type Part = 'id' | 'secret' | 'token'
const partOf = (name: string): Part =>
  name.endsWith('_KEY_ID') ? 'id' : name.endsWith('_ACCESS_KEY') ? 'secret' : 'token'

/**
 * The key pairs that a shell's start file or a dotenv file sets, from lines that do nothing else. A line that is indented
 * or that goes on from the one before is left alone: without it, what is around it might be no shell any more.
 */
export function keysOfVariables(text: string): PlaintextKey[] {
  const pairs: { parts: Map<Part, string>; lines: Set<number> }[] = []
  const all = linesOf(text)
  for (const [number, whole] of all.entries()) {
    const content = whole.replace(/^\uFEFF/, '').trimEnd()
    if (!line.test(content) || /\\[\r\n]*$/.test(all[number - 1] ?? '')) continue
    for (const [, name, value] of content.replace(/[ \t]#.*$/, '').matchAll(part)) {
      const kind = partOf(name!)
      if (pairs.length === 0 || pairs.at(-1)!.parts.has(kind)) pairs.push({ parts: new Map(), lines: new Set() })
      pairs.at(-1)!.parts.set(kind, value!.replace(/^(["'])(.*)\1$/, '$2'))
      pairs.at(-1)!.lines.add(number)
    }
  }
  return pairs.flatMap(({ parts, lines }) => {
    const [id, secret] = [parts.get('id'), parts.get('secret')]
    if (!id || !secret) return []
    return {
      accessKeyId: id,
      secretAccessKey: new Secret(secret),
      isTemporary: Boolean(parts.get('token')),
      lines: [...lines].map((number) => [number, number + 1] as const),
    }
  })
}
