import * as tls from 'node:tls'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { usualRoots } from '../../http/tls.ts'

/** The CA certificates that this machine trusts, as Vault's own clients take them, and those of NODE_EXTRA_CA_CERTS. */
export interface SystemCa {
  /** The files and folders that the machine's may be in. */
  readonly paths: readonly string[]
  /** The same until they change; undefined where there are none: then Node's own are used. */
  current(): readonly string[] | undefined
  /** Reads them again. Where one of SSL_CERT_FILE or SSL_CERT_DIR cannot be read that is a warning. */
  refresh(): Promise<void>
}

/** What is needed to find them. */
export interface SystemCaDeps {
  environment: Environment
  platform: NodeJS.Platform
  /** The contents of NODE_EXTRA_CA_CERTS. */
  extraCa: () => string | undefined
  log: Logger
  /** Rejects with the file system's error, or a FileError. */
  readText: (path: string) => Promise<string>
  readCaFolder: (path: string) => Promise<string>
}

/** Where systems have their bundle (Go, crypto/x509/root_linux.go and root_bsd.go). The first that is there counts. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Reads nothing until it is refreshed. */
export function createSystemCa(deps: SystemCaDeps): SystemCa {
  const { environment, platform, extraCa, log, readText, readCaFolder } = deps
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = environment
  const files = isSet(file) ? [file] : bundles
  const named = isSet(folders) ? folders.split(':').filter(isSet) : []
  let text = ''
  let last: { texts: string; roots: readonly string[] | undefined } | undefined
  let warned = ''

  const read = async (path: string, readFrom: (path: string) => Promise<string>): Promise<string> => {
    try {
      return await readFrom(path)
    } catch (error) {
      const reason = describeError(error)
      if ((path === file || named.includes(path)) && reason !== warned) {
        log.warn('certificates of the system cannot be read', { path, reason })
        warned = reason
      }
      return ''
    }
  }

  return {
    paths: [...files, ...named],
    current() {
      const extra = extraCa() ?? ''
      const texts = `${text}\0${extra}`
      if (last?.texts !== texts) last = { texts, roots: usualRoots(text, extra) }
      return last.roots
    },
    async refresh() {
      const texts = platform === 'darwin' && !isSet(file) ? [fromKeychains()] : []
      for (const path of files) {
        if (texts.some((found) => found !== '')) break
        texts.push(await read(path, readText))
      }
      for (const path of named) texts.push(await read(path, readCaFolder))
      text = texts.join('\n')
    },
  }
}

/** What the keychains of macOS trust, where this Node can tell (22.15 and later). Not tried on macOS. */
function fromKeychains(): string {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => readonly string[] }
  return getCACertificates?.('system').join('\n') ?? ''
}
