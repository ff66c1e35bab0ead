import { sectionHeader } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type * as sshCaEndpoints from '../../ipc/endpoints/ssh-ca.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { fingerprint, type PublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import type { RunningVault } from '../running/running-vault.ts'
import { ApiError, reportedError } from './api-errors.ts'
import { readIssuersOf } from './issuers-of-mount.ts'

/** A mount that has a CA. */
interface CaMount {
  vault: RunningVault
  mount: string
  /** What to do where it has none. */
  mountHint: string
}

const defaultMount = 'ssh'

/**
 * The handlers of the endpoints of SSH CAs.
 * @param vaultOf finds a vault for a command; throws where there is none of that name
 */
export function sshCaHandlers(
  vaults: () => readonly RunningVault[],
  vaultOf: (name: string | undefined, command: string) => RunningVault,
): EndpointHandlers<typeof sshCaEndpoints, PromptCaller> {
  const all = () =>
    vaults().flatMap((vault) =>
      vault.identities.map(({ config: { name, mount } }) => {
        return {
          name,
          vault,
          mount,
          mountHint: `${seeMounts}, then edit mount of ${sectionHeader('ssh', 'identity', name)} in config.toml`,
        }
      }),
    )

  const mountOfIdentity = (name: string): CaMount => {
    const found = all().find((identity) => identity.name === name)
    if (found !== undefined) return found
    throw new ApiError('IDENTITY_UNKNOWN', `no identity is called ${name}`, { hint: 'latchkey status' })
  }
  /** The one CA of all identities. It is not guessed which of several machines are to trust. */
  const onlyMount = (): CaMount => {
    const mounts = distinct(all())
    const [first] = mounts
    if (first !== undefined && mounts.length > 1) {
      const { name } = first
      const places = mounts.map(({ vault, mount }) => `${vault.config.name}/${mount}`).join(', ')
      throw new ApiError('VAULT_NOT_NAMED', `the identities have several CAs: ${places}`, {
        hint: `name an identity, such as: latchkey ssh cloud-init --identity ${shellWord(name)}`,
      })
    }
    return first ?? { vault: vaultOf(undefined, command), mount: defaultMount, mountHint: nameMount }
  }
  const everyMount = (): readonly CaMount[] => {
    const mounts = distinct(all())
    if (mounts.length > 0) return mounts
    throw new ApiError('IDENTITY_UNKNOWN', 'there is no identity whose CA it could be', {
      hint: 'add an [ssh.identity.…] section to config.toml, then: latchkey config check',
    })
  }

  return {
    async readSshCas({ body: { identities, everyIdentity, vault: name, mounts, issuers, everyIssuer } }) {
      const isVaultNamed = name !== undefined || mounts !== undefined
      const vault = isVaultNamed ? vaultOf(name, command) : undefined
      const ofIdentities = () => (everyIdentity ? everyMount() : (identities?.map(mountOfIdentity) ?? [onlyMount()]))
      const wanted =
        vault === undefined
          ? ofIdentities()
          : (mounts ?? [defaultMount]).map((mount) => ({ vault, mount, mountHint: nameMount }))
      const cas = distinct(wanted)
      const read = (ca: CaMount) => {
        if (everyIssuer) return readEvery(ca, identities)
        if (issuers === undefined && vault === undefined) return readInForce(ca, identities)
        return Promise.all((issuers ?? [undefined]).map((issuer) => readCa(ca, issuer)))
      }
      const outcomes = await Promise.allSettled(cas.map(read))
      const unread = cas.flatMap(({ vault: { config }, mount }, index) => {
        const outcome = outcomes[index]!
        return outcome.status === 'rejected' ? [{ vault: config.name, mount, reason: outcome.reason as unknown }] : []
      })
      const [first] = unread
      // Of those that were named each is wanted.
      if (first !== undefined && (!everyIdentity || unread.length === cas.length)) throw first.reason
      return {
        cas: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])),
        ...(first && { unread: unread.map(({ reason, ...ca }) => ({ ...ca, error: reportedError(reason) })) }),
      }
    },
  }
}

const command = 'ssh cloud-init --vault'
const seeMounts = 'see the mounts with: vault secrets list'
const nameMount = `${seeMounts}, then name the one with the CA: latchkey ssh cloud-init --mount MOUNT`

function distinct<Mount extends CaMount>(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.filter(
    (one, index) => mounts.findIndex(({ vault, mount }) => vault === one.vault && mount === one.mount) === index,
  )
}

async function readCa(ca: CaMount, issuer: string | undefined) {
  return describeCa(ca, await ca.vault.readCaKey(ca.mount, issuer, ca.mountHint))
}

/** Without those that certify none of the identities: a role may pass over the default of its mount. */
async function readInForce(ca: CaMount, identities: readonly string[] | undefined) {
  return (await readEvery(ca, identities)).filter(({ isSpare }) => isSpare === undefined)
}

async function readEvery(ca: CaMount, identities: readonly string[] | undefined) {
  const found = await readIssuersOf(ca.vault, ca.mount, identities, ca.mountHint)
  return found.map(({ key, isSpare }) => ({ ...describeCa(ca, key), ...(isSpare && { isSpare }) }))
}

function describeCa({ vault, mount }: CaMount, { blob }: PublicKey) {
  return { vault: vault.config.name, mount, key: formatPublicKeyLine(blob, ''), fingerprint: fingerprint(blob) }
}
