import * as v from 'valibot'
import {
  consoleSchema,
  keychainSchema,
  logSchema,
  profileSchema,
  promptSchema,
  sourceSchema,
  vaultSchema,
} from './config-schema.ts'
import { addedKeySchema, hostCaSchema, identitySchema, sshSchema, upstreamSchema } from './ssh-schema.ts'

/** The kinds of section in config.toml: where they are, whether they have names, and the form that they must have. */
export const sectionKinds = {
  vault: { prefix: ['vault'], isNamed: true, schema: vaultSchema },
  identity: { prefix: ['ssh', 'identity'], isNamed: true, schema: identitySchema },
  hostCa: { prefix: ['ssh', 'host_ca'], isNamed: true, schema: hostCaSchema },
  upstream: { prefix: ['ssh', 'upstream'], isNamed: true, schema: upstreamSchema },
  addedKey: { prefix: ['ssh', 'added_key'], isNamed: true, schema: addedKeySchema },
  ssh: { prefix: ['ssh'], isNamed: false, schema: sshSchema },
  source: { prefix: ['aws', 'source'], isNamed: true, schema: sourceSchema },
  profile: { prefix: ['aws', 'profile'], isNamed: true, schema: profileSchema },
  console: { prefix: ['aws', 'console'], isNamed: false, schema: consoleSchema },
  keychain: { prefix: ['keychain'], isNamed: false, schema: keychainSchema },
  prompt: { prefix: ['prompt'], isNamed: false, schema: promptSchema },
  log: { prefix: ['log'], isNamed: false, schema: logSchema },
} as const

/** A kind of section. */
export type SectionKind = keyof typeof sectionKinds

/** What is written in a section of one kind, with durations in seconds. */
export type Written<Kind extends SectionKind> = v.InferOutput<(typeof sectionKinds)[Kind]['schema']>

type AnySection = { [Each in SectionKind]: { kind: Each; name: string; written: Written<Each> } }[SectionKind]

/** One section, valid by itself; what it refers to may be missing. `name` is empty if the kind has no names. */
export type Section<Kind extends SectionKind = SectionKind> = Extract<AnySection, { kind: Kind }>

/** Sections by their keys, in the order of the file. */
export type Sections = ReadonlyMap<string, Section>

/** Where a section is in the document: `['ssh', 'identity', 'ops']`. */
export function sectionPath({ kind, name }: Pick<Section, 'kind' | 'name'>): readonly string[] {
  const { prefix, isNamed } = sectionKinds[kind]
  return isNamed ? [...prefix, name] : prefix
}

/** The name of a section for people, and its key: `ssh.identity.ops`. No two sections share one. */
export function sectionKey(section: Pick<Section, 'kind' | 'name'>): string {
  return sectionPath(section).join('.')
}

/** The sections of one kind. */
export function sectionsOf<Kind extends SectionKind>(sections: Sections, kind: Kind): Section<Kind>[] {
  return [...sections.values()].filter((section): section is Section<Kind> => section.kind === kind)
}

/** Reads the table of one section, which has been found to be valid. */
export function parseSection(kind: SectionKind, name: string, table: unknown): Section {
  return { kind, name, written: v.parse(sectionKinds[kind].schema, table) } as Section
}
