import { shellWord } from '../../core/text/shell-word.ts'

/** The command that every hint names where a code is needed: it asks for one and prints no secret. */
export const loginCommand = (profile: string): string => `latchkey aws login ${shellWord(profile)}`
