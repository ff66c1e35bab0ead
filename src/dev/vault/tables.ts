/** A table whose keys come from outside: without a prototype, `constructor` is a name like any other. */
export function table<T>(): Record<string, T> {
  return Object.create(null)
}

/** The entry of a table, made where it is not there yet. */
export function entryOf<T>(entries: Record<string, T>, key: string, make: () => T): T {
  const known = entries[key]
  if (known !== undefined) return known
  const made = make()
  entries[key] = made
  return made
}
