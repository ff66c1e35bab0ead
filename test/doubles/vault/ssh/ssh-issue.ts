import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { sshMountOf } from '../../../../src/dev/vault/ssh/ssh-mount.ts'
import type { SshRole } from '../../../../src/dev/vault/ssh/ssh-role.ts'
import { certify, wishFields } from '../../../../src/dev/vault/ssh/ssh-sign.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { generateSshKey } from './key-forms.ts'
import { keyLengthNames, keyLengthsOf } from './key-lengths.ts'
import { privateKeyText } from './private-key-text.ts'

const issueFields = { ...wishFields, key_type: 'text', key_bits: 'integer' } as const

/** `issue`: a certificate together with the key that it is for. */
export const sshIssue: Plugin = (core) => ({
  routes: {
    ssh: [
      {
        pattern: 'issue/{role@}',
        update: withFields(issueFields, async ({ key_type: type = 'rsa', key_bits: bits = 0, ...wishes }, request) => {
          const role = sshMountOf(core, request).roles[request.params.role!]
          if (role === undefined) throw invalidRequest(`unknown role: ${request.params.role}`)
          if (role.key_type !== 'ca') {
            throw invalidRequest(`role key type '${role.key_type}' not allowed to issue key pairs`)
          }
          checkIssuedKey(role, type, bits)
          const key = await generateSshKey(type, bits)
          const publicKey = publicKeyFromKeyObject(key)
          const { data, warnings } = certify(core, request, { role, publicKey, wishes })
          return { type: 'data', data: { ...data, private_key: privateKeyText(key), private_key_type: type }, warnings }
        }),
      },
    ],
  },
})

function checkIssuedKey(role: SshRole, type: string, bits: number): void {
  const lengths = keyLengthsOf(role)
  if (Object.keys(lengths).length === 0) return
  const present = keyLengthNames(type, '').filter((name) => Object.hasOwn(lengths, name))
  if (present.length === 0) throw invalidRequest('provided key_type value not in allowed_user_key_types')
  if (!present.some((name) => lengths[name]!.includes(bits))) {
    throw invalidRequest("provided key_bits value not in list of role's allowed_user_key_types")
  }
}
