import { byPosition, type ConfigReading, maxPlaced, type PlacedMistake, sectionAt } from './read-sections.ts'
import type { Mistake } from './schema-mistakes.ts'
import { type ConfigDefaults, faultBeside, type SectionsAround, sectionsAround } from './section-faults.ts'
import type { Section, Sections } from './sections.ts'

/**
 * A mistake with its consequence: its section is switched off, or stays as it was before the file was edited; a mistake in
 * no section is ignored.
 */
export interface ConfigProblem {
  mistake: PlacedMistake
  section: string | undefined
  effect: 'off' | 'former' | 'ignored'
}

/** A configuration that can run: each section in it is correct, and so is everything that it refers to. */
export interface SettledConfig extends SectionsAround {
  problems: readonly ConfigProblem[]
}

/**
 * Works out what runs. A section that is wrong, by itself or in view of the others, stays as it was before. If it did not
 * exist before, or its former version would be wrong now, it is switched off, and so is everything that refers to it. A
 * section that is no longer in the file is gone, unless something in the file belongs to no section: that may be the same
 * section, misspelled.
 * @param former what has been running; empty at the start
 * @param fileFaults what is wrong with the files that the sections name, by key
 */
export function settleConfig(
  reading: ConfigReading,
  former: Sections,
  fileFaults: ReadonlyMap<string, Mistake>,
  defaults: ConfigDefaults,
): SettledConfig {
  const found = new Map<string, Mistake>(fileFaults)
  const candidates = candidatesFor(reading, former, fileFaults)
  for (;;) {
    const { sections, off } = choose(candidates)
    const around = sectionsAround(sections, off, defaults)
    const faults = [...sections].flatMap(([key, section]) => {
      const fault = faultBeside(section, around)
      return fault === undefined ? [] : [{ key, fault }]
    })
    if (faults.length === 0) return { ...around, problems: problemsOf(reading, found, sections) }
    // Each round removes at least one candidate, so the loop ends.
    for (const { key, fault } of faults) {
      if (!found.has(key)) found.set(key, fault)
      candidates.get(key)!.shift()
    }
  }
}

/** For each key the versions that its section could have, the best first. */
function candidatesFor(
  { sections, wrong, isWrong, isWhole }: ConfigReading,
  former: Sections,
  fileFaults: ReadonlyMap<string, Mistake>,
): Map<string, Section[]> {
  const candidates = new Map<string, Section[]>()
  for (const [key, section] of sections) candidates.set(key, fileFaults.has(key) ? [] : [section])
  // Sections with a mistake in them are in the file, too.
  for (const key of wrong) candidates.set(key, [])
  for (const [key, section] of former) {
    const isKept = candidates.has(key) || !isWhole || isWrong(section)
    if (isKept) candidates.set(key, [...(candidates.get(key) ?? []), section])
  }
  return candidates
}

function choose(candidates: ReadonlyMap<string, readonly Section[]>): { sections: Sections; off: ReadonlySet<string> } {
  const sections = new Map<string, Section>()
  const off = new Set<string>()
  for (const [key, [best]] of candidates) {
    if (best === undefined) off.add(key)
    else sections.set(key, best)
  }
  return { sections, off }
}

function problemsOf(
  { mistakes, locate }: ConfigReading,
  found: ReadonlyMap<string, Mistake>,
  sections: Sections,
): readonly ConfigProblem[] {
  const placed = [...found.values()].slice(0, maxPlaced).map((mistake) => ({ ...mistake, ...locate(mistake.path) }))
  return [...mistakes, ...placed].sort(byPosition).map((mistake) => {
    const section = sectionAt(mistake.path)
    const effect = section === undefined ? 'ignored' : sections.has(section) ? 'former' : 'off'
    return { mistake, section, effect }
  })
}
