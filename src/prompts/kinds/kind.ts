/** What every question says. */
export interface Wording {
  /** What is asked, without the sign at its end: `MFA code for arn:aws:iam::111122223333:mfa/jo`. */
  text: string
  /** Shown before the question: why it is asked again. */
  notice?: string
}

/** What was typed, as the answer that it is; or what is wrong with it, in words for the person. */
export type Reading<Answer> = { answer: Answer } | { complaint: string }

/**
 * How an askpass program is used (OpenSSH's readpass.c and ssh-askpass: SSH_ASKPASS_PROMPT).
 * `text`: unset; the first line that it prints is what was typed. `confirm`: its exit status is the answer.
 * `none`: it only shows something, and how it ends means nothing.
 */
export type AskpassMode = 'text' | 'confirm' | 'none'

/**
 * A kind of question: all that differs between one and another, for whoever puts it, a terminal or a program, and for
 * whoever reads the answer. The helper's fast path has this too, so nothing here imports more than core.
 */
export interface PromptKind<Fields extends object, Answer> {
  /** Whether it may be seen what is typed. */
  isEchoed: boolean
  /** What stands before the cursor, after the last line. */
  suffix: string
  askpass: AskpassMode
  /** A terminal that has had the question for so long has been left. */
  patienceMs: number
  /** Whether a person who said no to it is left alone for a while. */
  coolsDown: boolean
  /** Why these are not the fields of such a question; they may come from anywhere. */
  fault(fields: Readonly<Record<keyof Fields, unknown>>): string | undefined
  /** What is shown, without the notice. */
  lines(question: Wording & Fields): readonly string[]
  /** Reads a line that was typed. */
  read(typed: string, fields: Fields): Reading<Answer>
}

/** What most questions have: a line to be typed within a minute, and nothing but their wording. */
export const typedLine = {
  suffix: ': ',
  askpass: 'text',
  patienceMs: 60_000,
  coolsDown: true,
  fault: () => undefined,
  lines: ({ text }: Wording) => [text],
} as const

/** The longest line that is shown: the address of a page must be whole. */
export const maxLineLength = 2048
