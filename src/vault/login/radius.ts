import * as v from 'valibot'
import { awayTexts } from '../advice/behind-texts.ts'
import { defineLoginMethod } from './login-method.ts'
import { awayBehind, createPasswordLogin, passwordFields, wrongPassword } from './password-login.ts'

const advice = [
  wrongPassword(
    /^access denied by the authentication server$/,
    'the RADIUS server may lock a user after some wrong passwords',
  ),
  awayBehind(awayTexts.radius, 'the RADIUS server'),
]

/** Logs in with a name and a password of a RADIUS server behind the vault. */
export const radius = defineLoginMethod({
  schema: v.strictObject({ method: v.literal('radius'), ...passwordFields }),
  advice,
  offer: { types: ['radius'], needsName: true },
  create: (auth, context) =>
    createPasswordLogin({ ...auth, mount: auth.mount, mfaMethod: auth.mfa_method, advice, isPassedOn: true }, context),
})
