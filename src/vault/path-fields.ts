import * as v from 'valibot'
import { textField } from '../core/config-fields.ts'
import { isMountPath, isVaultName } from './address.ts'

/** A name of the configuration that becomes a part of a path, such as that of a role or a user. */
export const nameField = v.pipe(textField, v.check(isVaultName, 'not a name in a vault'))

/** The path of a mount of a secrets engine. */
export const mountField = v.pipe(textField, v.check(isMountPath, 'not the path of a mount'))
