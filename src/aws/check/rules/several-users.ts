import { shellWord } from '../../../core/text/shell-word.ts'
import { displayKeyId } from '../../credentials.ts'
import type { Rule } from '../finding.ts'

/** The keychain has the key of one user: each person has one, and nobody has another's. */
export const severalUsers: Rule = {
  name: 'several-users',
  find({ users, stored, sources }) {
    if (new Set(users.map(({ arn }) => arn)).size < 2) return []
    const idOf = (source: string) => stored.find((key) => key.source === source)?.accessKeyId ?? ''
    const used = new Set(sources.map(({ source }) => source))
    const spare = users.find(({ source }) => !used.has(source)) ?? users.at(-1)!
    return [
      {
        severity: 'warning',
        what: 'the keychain has keys of more than one user',
        evidence: users.map(({ source, arn }) => `${source}: ${displayKeyId(idOf(source))} of ${arn}`),
        mend: `keep your own, and remove the others: latchkey aws keys remove ${shellWord(spare.source)}`,
      },
    ]
  },
}
