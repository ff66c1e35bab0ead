/**
 * The option behind the number that a list dialog prints; what is no number of one stays as it is, for the person to be
 * told. An option may itself be called `2`.
 */
export function chosenOption(options: readonly string[], printed: string): string {
  return (/^\d+$/.test(printed) ? options[Number(printed) - 1] : undefined) ?? printed
}
