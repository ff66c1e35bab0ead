/** DNS allows no longer one; an address with a zone is shorter. */
const maxLength = 255

/** What is wrong with a list of names of a host, as its end of a sentence; undefined if nothing is. */
export function hostNamesMistake(text: string): string | undefined {
  const names = text.split(',')
  if (names.length > 64) return 'has more than 64 names'
  const wrong = names.find((name) => !isHostName(name))
  if (wrong === undefined) return undefined
  if (/[*?]/.test(wrong)) return 'has a pattern: whoever has the key could then stand in for every host that it fits'
  return 'is no list of names of one host, such as db.example.com,10.0.0.5: without blanks, ports and slashes'
}

/** Reads such a list. ssh compares the names in lower case (match_hostname of OpenSSH). */
export function parseHostNames(text: string): readonly string[] {
  return [...new Set(text.toLowerCase().split(','))]
}

/** Whether a certificate can name it. */
export function isHostName(name: string): boolean {
  return name.length <= maxLength && /^[A-Za-z0-9_]([A-Za-z0-9._:%-]*[A-Za-z0-9])?$|^:[A-Fa-f0-9:.%]+$/.test(name)
}
