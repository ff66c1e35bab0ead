import { shellWord } from '../../core/text/shell-word.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { signHostKeys } from '../../ipc/endpoints/ssh-host-ca.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { certificateValidity, type SshCertificate } from '../../ssh/certificate.ts'
import { decodePublicKey, fingerprint, type PublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { SshError } from '../../ssh/wire.ts'
import type { RunningHostCa } from '../host-ca/running-host-ca.ts'
import type { RunningVault } from '../running/running-vault.ts'
import { ApiError } from './api-errors.ts'

/** What signs, as a request names it. */
interface NamedSigner {
  ca?: string
  vault?: string
  mount?: string
  role?: string
}

const command = 'ssh host-sign --vault'
const defaultMount = 'ssh'

/**
 * The handler that has the keys of hosts certified.
 * @param vaultOf finds a vault for a command; throws where there is none of that name
 */
export function hostSignHandler(
  cas: () => readonly RunningHostCa[],
  vaultOf: (name: string | undefined, command: string) => RunningVault,
): EndpointHandlers<{ signHostKeys: typeof signHostKeys }, PromptCaller> {
  const signerOf = ({ ca: name, vault, mount, role }: NamedSigner) => {
    const isMount = vault !== undefined || mount !== undefined
    const ca = isMount ? undefined : caNamed(cas(), name)
    const found = role ?? ca?.config.role
    if (found === undefined) {
      throw new ApiError('ROLE_NOT_NAMED', 'it is not said which role of the vault certifies hosts', {
        hint: 'latchkey ssh host-sign --role ROLE, or set role in the [ssh.host_ca.…] section of config.toml',
      })
    }
    return {
      vault: ca?.vault ?? vaultOf(vault, command),
      mount: mount ?? ca?.config.mount ?? defaultMount,
      role: found,
    }
  }

  return {
    async signHostKeys({ body: { keys: lines, principals, ttlSeconds, ...named } }) {
      const keys = lines.map(decodeKey)
      const { vault, mount, role } = signerOf(named)
      const signing = { mount, role, principals, ttlSeconds }
      const certificates = await Promise.all(keys.map((key) => vault.signHostKey(key, signing)))
      return { vault: vault.config.name, mount, role, certificates: certificates.map(describe) }
    },
  }
}

function caNamed(cas: readonly RunningHostCa[], name: string | undefined): RunningHostCa | undefined {
  const [first] = cas
  if (name === undefined && cas.length <= 1) return first
  const names = cas.map(({ config }) => config.name)
  if (name === undefined) {
    throw new ApiError('HOST_CA_NOT_NAMED', `there are several CAs of hosts: ${names.join(', ')}`, {
      hint: `name one, such as: latchkey ssh host-sign --ca ${shellWord(names[0]!)}`,
    })
  }
  const found = cas.find(({ config }) => config.name === name)
  if (found !== undefined) return found
  const known = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`
  throw new ApiError('HOST_CA_UNKNOWN', `no CA of hosts is called ${name}; ${known}`, {
    hint: 'latchkey ssh known-hosts --json',
  })
}

/** @throws {ApiError} REQUEST_INVALID: it is no plain key */
function decodeKey(line: string): PublicKey {
  try {
    return decodePublicKey(parsePublicKeyLine(line).blob)
  } catch (cause) {
    if (!(cause instanceof SshError)) throw cause
    throw new ApiError('REQUEST_INVALID', `a key cannot be certified: ${cause.message}`, {
      cause,
      hint: 'give it public keys of sshd, such as /etc/ssh/ssh_host_ed25519_key.pub',
    })
  }
}

function describe(certificate: SshCertificate) {
  const { notAfterMs } = certificateValidity(certificate)
  return {
    certificate: formatPublicKeyLine(certificate.blob, ''),
    fingerprint: fingerprint(certificate.publicKey.blob),
    keyId: certificate.keyId,
    ca: fingerprint(certificate.signatureKey.blob),
    expiresAt: formatUtc(notAfterMs),
  }
}
