/**
 * The name of the program that a command begins with, for people: nothing else of it is shown, because a secret may stand
 * in it.
 * @param word its first word
 */
export function programName(word: string): string {
  const name = word.split('/').at(-1)!
  return /^[\w.+-]+$/.test(name) ? name : 'a command'
}
