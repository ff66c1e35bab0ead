import { linesOf } from '../config/ini.ts'

/** A change of neighbouring lines of a text, which have their ends with them. */
export interface LineHunk {
  /** The number of the first line, counted from 0. */
  at: number
  /** The two lines before it, or what there is of them. */
  context: readonly string[]
  removed: readonly string[]
  added: readonly string[]
}

/** What turns one text into another that differs in one place; undefined where they are the same. */
export function hunkBetween(before: string, after: string): LineHunk | undefined {
  if (before === after) return undefined
  const [old, fresh] = [linesOf(before), linesOf(after)]
  const shorter = Math.min(old.length, fresh.length)
  let at = 0
  while (at < shorter && old[at] === fresh[at]) at += 1
  let same = 0
  while (same < shorter - at && old.at(-1 - same) === fresh.at(-1 - same)) same += 1
  return {
    at,
    context: old.slice(Math.max(0, at - 2), at),
    removed: old.slice(at, old.length - same),
    added: fresh.slice(at, fresh.length - same),
  }
}

/** The text as it was before some changes, one after another; undefined where one of them cannot be found. */
export function withoutHunks(text: string, hunks: readonly LineHunk[]): string | undefined {
  return hunks
    .toReversed()
    .reduce<string | undefined>((made, hunk) => (made === undefined ? undefined : withoutHunk(made, hunk)), text)
}

/**
 * The text as it was before a change, or undefined where the change cannot be found: where it was made, else in the only
 * place that looks like it.
 */
function withoutHunk(text: string, { at, context, removed, added }: LineHunk): string | undefined {
  const lines = linesOf(text)
  const wanted = [...context, ...added]
  const isThere = (start: number) => start >= 0 && wanted.every((line, offset) => lines[start + offset] === line)
  const start = at - context.length
  const found = isThere(start) ? start : wanted.length === 0 ? undefined : onlyPlace(lines.length, isThere)
  if (found === undefined) return undefined
  const first = found + context.length
  // A command that was killed may have put them back already.
  if (added.length === 0 && removed.every((line, offset) => lines[first + offset] === line)) return text
  return [...lines.slice(0, first), ...removed, ...lines.slice(first + added.length)].join('')
}

function onlyPlace(count: number, isThere: (start: number) => boolean): number | undefined {
  const places = Array.from({ length: count }, (_, start) => start).filter(isThere)
  return places.length === 1 ? places[0] : undefined
}
