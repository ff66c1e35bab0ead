import { ownWords, parseCredentialProcess } from '../config/own-process.ts'
import { parseSharedConfig } from '../config/shared-config.ts'
import { keysOfProfiles, linesWithKeys } from '../files/plaintext-keys.ts'
import type { FileKey, FileProfile, HelperLine } from './check-facts.ts'

const origin = /^(role_arn|source_profile|credential_source|web_identity_token_file|sso_\w+|login_session)$/

/** The texts of the AWS tools' own files. */
interface Texts {
  config: string
  credentials: string
}

/** The profiles of both files, with where their credentials come from. */
export function fileProfiles({ config, credentials }: Texts): FileProfile[] {
  const keys = new Map<string, FileKey[]>()
  for (const [file, text] of [
    ['config', config],
    ['credentials', credentials],
  ] as const) {
    for (const { profile, accessKeyId, isTemporary } of keysOfProfiles(text))
      keys.set(profile!, [...(keys.get(profile!) ?? []), { file, accessKeyId, isTemporary }])
  }
  return [...parseSharedConfig({ config, credentials }).profiles.values()].map(({ name, values }) => {
    const line = values.get('credential_process')
    const region = values.get('region')
    return {
      name,
      keys: keys.get(name) ?? [],
      ...(line === undefined ? {} : { helper: helperOf(line) }),
      origins: [...values.keys()].filter((key) => origin.test(key)),
      ...(region === undefined ? {} : { region }),
    }
  })
}

function helperOf(line: string): HelperLine {
  const asked = parseCredentialProcess(line)
  if (asked.type === 'foreign') return { type: 'foreign', programs: [asked.program] }
  const { words, at } = ownWords(line)!
  // A variable that stands first is no program, which is told as a mistake.
  const first = words[0]!.includes('=') ? words[at]! : words[0]!
  return {
    type: 'own',
    programs: [...new Set([first, words[at]!])],
    ...(asked.profile === undefined ? {} : { profile: asked.profile }),
    ...(asked.type === 'wrong' ? { mistake: asked.mistake } : {}),
  }
}

/** The lines of a text, counted from 1, that look like a key and belong to none that is read. */
export function strayLines(text: string): number[] {
  const read = keysOfProfiles(text).flatMap(({ lines }) => lines)
  return linesWithKeys(text).filter((line) => !read.some(([first, end]) => line > first && line <= end))
}
