import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { dataReply, empty } from '../../../../src/dev/vault/reply.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { defaultTokenTerms } from '../../../../src/dev/vault/token/token-terms.ts'
import { createServersBehind } from './behind.ts'

/** A login that waits for a phone. */
interface Pending {
  username: string
  end(outcome: 'approved' | 'denied'): void
}

/** The number that a phone wants to be tapped, where the factor is `number`. */
const correctAnswer = 42
/** The code that a phone shows, where the factor is `totp`. */
const passcode = '246810'

/**
 * Login by Okta, as builtin/credential/okta of Vault words it; tried against no real one. The factor of a person is `push`,
 * `number` or `totp`; a phone answers by `behind/phone/NAME`.
 */
export const okta: Plugin = (core) => {
  const { logins } = core
  const behind = createServersBehind(core, 'okta')
  const pending = new Set<Pending>()
  const numbers = new Map<string, number>()

  const approval = (username: string) =>
    new Promise<void>((resolve, reject) => {
      const login: Pending = {
        username,
        end(outcome) {
          pending.delete(login)
          if (outcome === 'approved') resolve()
          else reject(invalidRequest('multi-factor authentication denied'))
        },
      }
      pending.add(login)
    })

  const login = withFields(
    { password: 'text', totp: 'text', nonce: 'text', provider: 'notBuilt' },
    async (fields, request) => {
      const { password = '', totp = '', nonce = '' } = fields
      const username = request.params.username!
      const { isDown, people } = behind.of(request)
      if (isDown)
        throw invalidRequest('Okta auth failed: Post "https://corp.okta.com/api/v1/authn": dial tcp: no such host')
      const person = people[username]
      if (person === undefined || person.password !== password) {
        throw invalidRequest('Okta auth failed: the API returned an error: Authentication failed (code=E0000004)')
      }
      await challenge(person.factor, { username, totp, nonce })
      return logins.issue({
        request,
        aliasName: username,
        displayName: username,
        metadata: { username, policies: person.groups.join(',') },
        terms: { ...defaultTokenTerms, token_policies: person.groups },
        name: username,
      })
    },
  )

  const challenge = async (factor: string, given: { username: string; totp: string; nonce: string }) => {
    switch (factor) {
      case '':
        return
      case 'locked':
        throw invalidRequest('okta authentication failed')
      case 'totp':
        if (given.totp === '') throw invalidRequest("'totp' passcode parameter is required to perform MFA")
        if (given.totp === passcode) return
        throw invalidRequest('Okta auth failed: the API returned an error: Invalid Passcode/Answer')
      case 'number':
        if (given.nonce === '') {
          throw invalidRequest('nonce must be provided during login request when presented with number challenge')
        }
        numbers.set(given.nonce, correctAnswer)
        try {
          return await approval(given.username)
        } finally {
          numbers.delete(given.nonce)
        }
      default:
        return approval(given.username)
    }
  }

  return {
    backends: [
      {
        type: 'okta',
        kind: 'login',
        forget: ({ uuid }) => behind.forget(uuid),
        renewalTerms: ({ uuid }, name) => {
          const person = behind.of({ mount: { uuid } as VaultRequest['mount'] }).people[name]
          return person && { ...defaultTokenTerms, token_policies: person.groups }
        },
        routes: [
          ...behind.routes,
          {
            pattern: 'behind/phone/{username}',
            update: withFields({ outcome: 'text' }, ({ outcome = 'approved' }, { params }) => {
              for (const waiting of [...pending].filter(({ username }) => username === params.username)) {
                waiting.end(outcome === 'denied' ? 'denied' : 'approved')
              }
              return empty
            }),
          },
          { pattern: 'login/{username*}', isUnauthenticated: true, update: login },
          {
            pattern: 'verify/{nonce}',
            isUnauthenticated: true,
            read({ params }) {
              const number = numbers.get(params.nonce!)
              return number === undefined ? empty : dataReply({ correct_answer: number })
            },
          },
        ],
      },
    ],
  }
}
