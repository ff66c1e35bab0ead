import type { Environment } from '../../core/places/environment.ts'
import type { ProgramBounds, ProgramRun } from '../../core/programs/bounded-program.ts'
import type { Question } from '../kinds.ts'

/** What a program that was asked has said. A person who closes a dialog has declined. */
export type Said =
  /** What a person would have typed for it. It may be secret. */
  | { type: 'typed'; text: string }
  | { type: 'declined' }
  /** It could not ask. */
  | { type: 'failed'; reason: string; hint?: string | undefined }

/** One dialog of a program: what it is started with, and what it means by what it does. */
export interface Dialog {
  /** Other users can read them: never a secret. */
  args: readonly string[]
  /** What its environment has besides the daemon's; undefined takes a variable away. */
  environment?: Environment
  /** Whether its standard error says why it could not ask. */
  explains: boolean
  onLine?: ProgramBounds['onLine']
  /**
   * What the run means, which ended by itself or has said enough; undefined where it could not ask, and its standard error
   * or its exit status says why.
   */
  said(run: Pick<ProgramRun, 'lines' | 'complaint'> & { status: number }): Said | undefined
}

/** A program, or a family of programs, that is asked in a way of its own. */
export interface DialogProgram {
  name: string
  open(question: Question): Dialog
}

/** What was typed. */
export const typed = (text: string): Said => ({ type: 'typed', text })
/** The person does not want to be asked. */
export const declined: Said = { type: 'declined' }
/** It could not ask. @param hint what to run */
export const failed = (reason: string, hint?: string): Said => ({ type: 'failed', reason, hint })
