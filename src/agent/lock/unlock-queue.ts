import type { Secret } from '../../core/secret.ts'

/** The author of guesses: one for each connection. */
export interface Guesser {
  /** Larger for a newer connection. */
  number: number
  /** By what its wrong guesses are counted: the process that has connected if it is known, else the connection. */
  origin: unknown
}

/** A passphrase that waits to be tried. */
export interface Guess {
  by: Guesser
  passphrase: Secret<Uint8Array>
  /** Answers the waiting client. */
  settle(result: Promise<boolean> | boolean): void
}

/** The waiting guesses, best first: of the origin that has guessed wrong least often, then of the newest connection. */
export interface UnlockQueue {
  /** @returns the guess that has to go because too many wait; it may be this one */
  add(guess: Guess): Guess | undefined
  /** Removes and returns the best guess. */
  next(): Guess | undefined
  /** Removes and returns the guesses of a connection that has closed. */
  leave(by: Guesser): readonly Guess[]
  /** Remembers that a guess was wrong. */
  countWrong(by: Guesser): void
  /** Removes and returns all guesses, and forgets who has guessed wrong. */
  clear(): readonly Guess[]
}

/** Each waiting guess holds a message; a person waits on one connection. */
const maxWaiting = 32

/** Creates an empty queue. */
export function createUnlockQueue(): UnlockQueue {
  const waiting: Guess[] = []
  // It grows by one entry per delay at most, while the agent is locked.
  const wrong = new Map<unknown, number>()

  const wrongOf = ({ by }: Guess) => wrong.get(by.origin) ?? 0
  const isBetter = (guess: Guess, than: Guess) =>
    wrongOf(guess) === wrongOf(than) ? guess.by.number > than.by.number : wrongOf(guess) < wrongOf(than)
  const takeOut = (guess: Guess) => waiting.splice(waiting.indexOf(guess), 1)[0]!
  const best = () => waiting.reduce((found, guess) => (isBetter(guess, found) ? guess : found))
  const worst = () => waiting.reduce((found, guess) => (isBetter(found, guess) ? guess : found))

  return {
    add(guess) {
      waiting.push(guess)
      return waiting.length > maxWaiting ? takeOut(worst()) : undefined
    },
    next: () => (waiting.length === 0 ? undefined : takeOut(best())),
    leave: (by) => waiting.filter((guess) => guess.by === by).map(takeOut),
    countWrong({ origin }) {
      wrong.set(origin, (wrong.get(origin) ?? 0) + 1)
    },
    clear() {
      wrong.clear()
      return waiting.splice(0)
    },
  }
}
