import { displayKeyId } from '../../credentials.ts'
import { isLongTermId } from '../../files/plaintext-keys.ts'
import type { Rule } from '../finding.ts'

/** No long-term key is in the environment, where all programs have it. */
export const environmentKey: Rule = {
  name: 'environment-key',
  find: ({ environment: { accessKeyId } }) =>
    accessKeyId === undefined || !isLongTermId(accessKeyId)
      ? []
      : [
          {
            severity: 'error',
            what: 'the environment has a long-term key, and so has every program that is started here',
            evidence: [`AWS_ACCESS_KEY_ID: ${displayKeyId(accessKeyId)}`],
            mend: 'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; for the file that sets them: latchkey aws keys import FILE',
          },
        ],
}
