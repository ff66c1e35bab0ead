import { shellWord } from '../../../core/text/shell-word.ts'
import { displayKeyId } from '../../credentials.ts'
import { isLongTermId } from '../../files/plaintext-keys.ts'
import type { Rule } from '../finding.ts'

/** No long-term key stands in a file: anybody who reads it once has the key. */
export const plaintextKey: Rule = {
  name: 'plaintext-key',
  find: ({ profiles, paths, stray }) => [
    ...profiles.flatMap(({ name, keys }) =>
      keys
        .filter(({ accessKeyId, isTemporary }) => !isTemporary && isLongTermId(accessKeyId))
        .map(({ file, accessKeyId }) => ({
          severity: 'error' as const,
          what: `profile ${name} has a long-term key in plain text`,
          evidence: [`${paths[file]}: ${displayKeyId(accessKeyId)}`],
          mend: `latchkey aws keys import --profile ${shellWord(name)}`,
        })),
    ),
    ...(['config', 'credentials'] as const)
      .filter((file) => stray[file].length > 0)
      .map((file) => ({
        severity: 'error' as const,
        what: `${paths[file]} has what looks like a key, in a comment or in half a pair`,
        evidence: [`lines ${stray[file].join(', ')}`],
        mend: `take it out of ${paths[file]}`,
      })),
  ],
}
