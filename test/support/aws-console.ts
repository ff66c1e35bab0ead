import type { Federation, SignInRequest } from '../../src/aws/console/federation.ts'
import { Secret } from '../../src/core/secret.ts'

/** What signing in to the console reaches the world through, without a console: each link has a number. */
export function stubConsole() {
  const signIns: SignInRequest[] = []
  const led: { target: string; again: string }[] = []
  const federation: Federation = {
    async signInLink(request) {
      signIns.push(request)
      return new Secret(`https://signin.test/federation?link=${signIns.length}`)
    },
  }
  const links = {
    async create(target: Secret<string>, again: string) {
      led.push({ target: target.expose(), again })
      return { id: `${led.length}`, url: `http://127.0.0.1:1/${led.length}` }
    },
    isVisited: () => false,
    async close() {},
  }
  return { federation, links, platform: 'linux' as NodeJS.Platform, signIns, led }
}
