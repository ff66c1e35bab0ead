import { parsePublicKeyLine, plainFingerprint } from '../../ssh/public-key-line.ts'
import { HelperError } from '../fast/failure.ts'
import { keyFileOf } from './install-script.ts'

/** A key, and where it stands, for people to read. */
export interface PlacedKey {
  /** The line of a .pub file. */
  line: string
  place?: string
}

/**
 * Refuses several keys of a type, of which sshd has one: the others may be of a machine that had the name before, or of somebody
 * else, who would be certified for it.
 * @param name how what has them is called
 * @param then what to do when it is known which is the host's
 * @throws {HelperError} REFUSED
 */
export function refuseSeveralOfType(keys: readonly PlacedKey[], name: string, then: string): void {
  const typeOf = ({ line }: PlacedKey) => keyFileOf(line) ?? line.split(' ')[0]!
  for (const type of new Set(keys.map(typeOf))) {
    const several = keys.filter((key) => typeOf(key) === type)
    if (several.length === 1) continue
    const file = keyFileOf(several[0]!.line)
    const look = file === undefined ? 'on the host' : `on the host: ssh-keygen -lf /etc/ssh/${file}.pub`
    throw new HelperError('REFUSED', `${name} has several keys of one type: ${several.map(describe).join(', ')}`, {
      hint: `see which is the host's, ${look}; ${then}`,
    })
  }
}

function describe({ line, place }: PlacedKey): string {
  const shown = `${plainFingerprint(parsePublicKeyLine(line).blob)} (${line.split(' ')[0]}`
  return place === undefined ? `${shown})` : `${shown}, ${place})`
}
