import { type UserInfo, userInfo } from 'node:os'
import { HelperError } from './fast/failure.ts'

/**
 * Who runs this, by the user database. In a container it may have nobody.
 * @throws {HelperError} REFUSED
 */
export function knownUser(lookUp: () => UserInfo<string> = userInfo): UserInfo<string> {
  try {
    return lookUp()
  } catch (cause) {
    throw new HelperError(
      'REFUSED',
      `the user database has nobody with uid ${process.getuid!()}, and ssh runs for nobody who is not in it`,
      { cause, hint: 'getent passwd "$(id -u)" shows the line that is missing' },
    )
  }
}
