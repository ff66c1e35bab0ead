import { inspect } from 'node:util'

/**
 * A value that prints as `[redacted]` wherever it is turned into text: string templates, JSON, console, inspect.
 * `expose()` is the only way to the value, so that a search for that word finds each place where a secret is taken out.
 */
export class Secret<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  expose(): T {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
