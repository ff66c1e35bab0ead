/**
 * What the tour says at its end: it claims no more than was shown.
 * @param {{ failures: number, leftOut: readonly { what: string, debianPackage: string }[], hasTerminal: boolean }} tour
 * @returns {string[]} lines
 */
export function closingLines({ failures, leftOut, hasTerminal }) {
  const outcome =
    failures > 0
      ? `${failures} of the steps failed.`
      : leftOut.length > 0
        ? 'What was shown worked.'
        : 'All of that worked.'
  return [
    '',
    outcome,
    ...leftOut.map(({ what, debianPackage }) => `Left out: ${what} (Debian: apt-get install ${debianPackage}).`),
    ...(hasTerminal ? [] : ['In a terminal, npm start stays up for you to try things.']),
  ]
}
