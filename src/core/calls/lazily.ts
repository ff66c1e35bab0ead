/** Makes something when it is first asked for, and gives the same each time. @returns what gives it */
export function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
