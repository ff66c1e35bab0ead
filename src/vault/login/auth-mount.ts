import * as v from 'valibot'
import { textField } from '../../core/config-fields.ts'
import { isMountPath } from '../address.ts'

/** An auth mount's path without `auth/`. People write it as `userpass`, `userpass/` and `auth/userpass`. */
export function authMount(text: string): string {
  return text.replace(/^\/+|\/+$/g, '').replace(/^auth\//, '')
}

/** It, in the configuration. */
export const authMountField = v.pipe(
  textField,
  v.check((text) => isMountPath(authMount(text)), 'not the path of a mount'),
)
