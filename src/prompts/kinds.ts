import { displayLine } from '../core/text/display-text.ts'
import { choice } from './kinds/choice.ts'
import { code } from './kinds/code.ts'
import { confirm } from './kinds/confirm.ts'
import { maxLineLength, type PromptKind, type Reading, type Wording } from './kinds/kind.ts'
import { note } from './kinds/note.ts'
import { password } from './kinds/password.ts'
import { visit } from './kinds/visit.ts'

/** The kinds of question. To add one, add a file beside these and its name here. */
const kinds = { code, password, confirm, visit, choice, note }

/** The name of a kind, in the API and in the prompt log too. */
export type KindName = keyof typeof kinds

type FieldsOf<Name extends KindName> = (typeof kinds)[Name] extends PromptKind<infer Fields, infer _> ? Fields : never

/** The type of the answer to a question of this kind. */
export type AnswerOf<Name extends KindName> =
  (typeof kinds)[Name] extends PromptKind<infer _, infer Answer> ? Answer : never

/** A question of one of the kinds: its wording, and the fields that only its kind has. */
export type Question = { [Name in KindName]: Wording & { kind: Name } & FieldsOf<Name> }[KindName]

/** The kind of a question, for code that treats all kinds alike. */
export function kindOf({ kind }: Pick<Question, 'kind'>): PromptKind<object, unknown> {
  return kinds[kind]
}

/** Why a question must not be asked; undefined if it may be. The fields of its kind may come from a server. */
export function questionFault(question: Question): string | undefined {
  return kindOf(question).fault(question)
}

/** Reads a question from another process's JSON; undefined for anything else, and for a kind that is not known here. */
export function parseQuestion(value: Readonly<Record<string, unknown>>): Question | undefined {
  const { kind, text, notice } = value
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind) || typeof text !== 'string') return undefined
  if (notice !== undefined && typeof notice !== 'string') return undefined
  const question = value as unknown as Question
  return questionFault(question) === undefined ? question : undefined
}

const shown = (line: string) => displayLine(line, maxLineLength)

/** What is shown of a question where its options have a place of their own: a line each, the notice first. */
export function questionLines(question: Question): readonly string[] {
  const notice = question.notice === undefined ? [] : [question.notice]
  return [...notice, ...kindOf(question).lines(question)].map(shown)
}

/** Its options as they are shown, with their numbers. */
export function numberedOptions(question: Question): readonly string[] {
  return kindOf(question)
    .options(question)
    .map((option, index) => shown(`${index + 1}) ${option}`))
}

/**
 * What is shown to the person: nothing in it moves the cursor or reverses the text.
 * @param isTyped whether the answer is typed after it
 */
export function questionText(question: Question, isTyped: boolean): string {
  const lines = [...questionLines(question), ...numberedOptions(question)]
  return lines.join('\n') + (isTyped ? kindOf(question).suffix : '')
}

/** What a program is to show of a question: nothing that other users of the machine must not see. */
export function questionForProgram(question: Question): Question {
  const { forProgram } = kindOf(question)
  return forProgram === undefined ? question : (forProgram(question) as Question)
}

/** Whether the outcome is found out elsewhere, so that the question may end before an answer is typed. */
export function endsElsewhere(question: Question): boolean {
  const { isTyped, form } = kindOf(question)
  return isTyped && form === 'shown'
}

/** Reads a typed line as an answer. */
export function readAnswer(question: Question, typed: string): Reading<unknown> {
  return kindOf(question).read(typed, question)
}
