import { generateKeyPairSync, sign } from 'node:crypto'

/** A key of the test's own that signs JWTs, such as a CI server has. */
export interface JwtIssuer {
  /** In PEM, for `jwt_validation_pubkeys`. */
  publicKey: string
  sign(claims: object): string
}

/** RS256 with a new key. */
export function createJwtIssuer(): JwtIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign(claims) {
      const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`
      return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
    },
  }
}
