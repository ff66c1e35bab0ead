const oids = { authority: '551d23', subject: '551d0e' } as const

/**
 * The key identifiers of a certificate (RFC 5280 §4.2.1.1 and §4.2.1.2), with colons as Go's users print them; empty where
 * there is none. Node shows neither of them.
 */
export function keyIdentifiers(der: Buffer): { authority: string; subject: string } {
  return { authority: identifierIn(der, oids.authority), subject: identifierIn(der, oids.subject) }
}

/** The first 20 bytes of the identifier: a SHA-1 of the key. */
function identifierIn(der: Buffer, oid: string): string {
  // OBJECT IDENTIFIER of three bytes, then OCTET STRING and its length.
  const start = der.indexOf(Buffer.from(`0603${oid}04`, 'hex'))
  if (start < 0) return ''
  const value = der.subarray(start + 7, start + 7 + der[start + 6]!)
  // What comes before it: OCTET STRING, or SEQUENCE with the context's first.
  const identifier = value.subarray(oid === oids.subject ? 2 : 4).subarray(0, 20)
  return identifier.toString('hex').replace(/..(?!$)/g, '$&:')
}
