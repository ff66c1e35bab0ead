import { getRole } from '../../../src/dev/aws/actions/iam-role-actions.ts'
import type { AwsAddition } from '../../../src/dev/aws/plugin.ts'

/** Lets whoever is in an account read its roles, as a policy of the role might. */
export function roleReading(): AwsAddition {
  return { actions: { iam: { GetRole: getRole(() => {}) } } }
}
