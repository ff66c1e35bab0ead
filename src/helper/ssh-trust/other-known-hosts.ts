import { describeError, errorCode } from '../../core/errors.ts'
import { readWholeFile } from '../../core/files/read-file.ts'
import type { HostName } from '../../ssh/known-hosts/host-name.ts'
import { pinKeys } from '../../ssh/known-hosts/pin-keys.ts'
import { addedBy, maxKnownHostsBytes } from './known-hosts-edit.ts'

/**
 * Looks through the known_hosts files that are not written. ssh believes a line of any of them: with another key for one of
 * the names it would go on trusting any machine that has that.
 * @param tell gets a line for a person about a file that cannot be read
 * @throws {HelperError} REFUSED: a name has another key there, or a key is revoked
 */
export async function refuseOtherKeys(
  elsewhere: ReadonlyMap<string, readonly HostName[]>,
  keys: readonly Uint8Array[],
  tell: (text: string) => void,
): Promise<void> {
  for (const [file, names] of elsewhere) {
    const text = await readKnownHosts(file, tell)
    if (text !== undefined) addedBy(file, pinKeys(text, names, keys))
  }
}

async function readKnownHosts(file: string, tell: (text: string) => void): Promise<string | undefined> {
  try {
    return (await readWholeFile(file, { maxBytes: maxKnownHostsBytes, isTrusted: false })).toString('latin1')
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    if (errorCode(error) !== 'ENOENT') tell(`not looked at: ${describeError(error)}`)
    return undefined
  }
}
