import { displayLine } from '../core/text/display-text.ts'
import { choice } from './kinds/choice.ts'
import { code } from './kinds/code.ts'
import { confirm } from './kinds/confirm.ts'
import { maxLineLength, type PromptKind, type Reading, type Wording } from './kinds/kind.ts'
import { password } from './kinds/password.ts'
import { visit } from './kinds/visit.ts'

/** The kinds of question. One more is a file beside these and its name here. */
const kinds = { code, password, confirm, visit, choice }

/** The name of a kind, in the API and in the prompt log too. */
export type KindName = keyof typeof kinds

type FieldsOf<Name extends KindName> = (typeof kinds)[Name] extends PromptKind<infer Fields, infer _> ? Fields : never

/** What the answer to a question of this kind is. */
export type AnswerOf<Name extends KindName> =
  (typeof kinds)[Name] extends PromptKind<infer _, infer Answer> ? Answer : never

/** A question of one of the kinds: what it says, and what only its kind has. */
export type Question = { [Name in KindName]: Wording & { kind: Name } & FieldsOf<Name> }[KindName]

/** The kind of a question, for those who treat all kinds alike. */
export function kindOf({ kind }: Pick<Question, 'kind'>): PromptKind<object, unknown> {
  return kinds[kind]
}

/** Why a question cannot be put to anybody: what only its kind has may come from a server. */
export function questionFault(question: Question): string | undefined {
  return kindOf(question).fault(question)
}

/** A question that somebody else has put into JSON; undefined for anything else, and for a kind that is not known here. */
export function parseQuestion(value: Readonly<Record<string, unknown>>): Question | undefined {
  const { kind, text, notice } = value
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind) || typeof text !== 'string') return undefined
  if (notice !== undefined && typeof notice !== 'string') return undefined
  const question = value as unknown as Question
  return questionFault(question) === undefined ? question : undefined
}

/**
 * What is shown to the person: nothing in it moves the cursor or turns the text around.
 * @param isTyped the answer is typed behind it
 */
export function questionText(question: Question, isTyped: boolean): string {
  const { lines, suffix } = kindOf(question)
  const shown = [...(question.notice === undefined ? [] : [question.notice]), ...lines(question)]
  return shown.map((line) => displayLine(line, maxLineLength)).join('\n') + (isTyped ? suffix : '')
}

/** The answer that a typed line is. */
export function readAnswer(question: Question, typed: string): Reading<unknown> {
  return kindOf(question).read(typed, question)
}
