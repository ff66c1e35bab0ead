/** What every question says. */
export interface Wording {
  /** What is asked, without the punctuation at its end: `MFA code for arn:aws:iam::111122223333:mfa/jo`. */
  text: string
  /** Shown before the question: why it is asked again. */
  notice?: string
}

/** The answer that was typed; or what is wrong with it, in words for the person. */
export type Reading<Answer> = { answer: Answer } | { complaint: string }

/**
 * What a dialog has beside its text. `text`: a line to type into. `list`: options to choose one from. `confirm`: a button
 * for yes and one for no. `shown`: nothing that matters, for the outcome is found out elsewhere.
 */
export type DialogForm = 'text' | 'list' | 'confirm' | 'shown'

/**
 * A kind of question: everything in which kinds differ, for the terminal or program that asks, and for the code that reads
 * the answer. The helper's fast path uses this too, so nothing here imports more than core.
 */
export interface PromptKind<Fields extends object, Answer> {
  /** False: at a terminal it is shown, and counts as answered. */
  isTyped: boolean
  /** Whether the typed text may be seen. */
  isEchoed: boolean
  /** Whether what was typed before it was shown is no answer to it. */
  dropsTypeAhead: boolean
  /** What stands before the cursor, after the last line. */
  suffix: string
  form: DialogForm
  /** What stands before the line to type into, where a dialog has a place for it. */
  label: string
  /** After this time at one terminal, the person is taken to have left it. */
  patienceMs: number
  /** Whether a person who said no to it is left alone for a while. */
  coolsDown: boolean
  /** What is wrong with these fields, which may come from anywhere; undefined if nothing is. */
  fault(fields: Readonly<Record<keyof Fields, unknown>>): string | undefined
  /** What is shown, without the notice and the options. */
  lines(question: Wording & Fields): readonly string[]
  /** What there is to choose from; elsewhere nothing. */
  options(fields: Fields): readonly string[]
  /** What a program shows in its place, whose arguments other users can read. Absent: the question itself. */
  forProgram?(question: Wording & Fields): Wording & Fields
  /** Reads a line that was typed. */
  read(typed: string, fields: Fields): Reading<Answer>
}

/** What most questions share: a line to be typed within a minute, and no fields but their wording. */
export const typedLine = {
  isTyped: true,
  dropsTypeAhead: false,
  suffix: ': ',
  form: 'text',
  label: 'Answer',
  patienceMs: 60_000,
  coolsDown: true,
  fault: () => undefined,
  lines: ({ text }: Wording) => [text],
  options: () => [],
} as const

/** The longest line that is shown: the address of a page must fit into one. */
export const maxLineLength = 2048
