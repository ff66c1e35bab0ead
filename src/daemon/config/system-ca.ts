import * as tls from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { type Roots, usualRoots } from '../../http/tls.ts'

/** The CA certificates that this machine trusts, as Vault's own clients take them, and those of NODE_EXTRA_CA_CERTS. */
export interface SystemCa {
  /** The files and folders that the machine's may be in. */
  readonly paths: readonly string[]
  /**
   * The same until they change; without any, Node's own are used. Where one of SSL_CERT_FILE or SSL_CERT_DIR cannot be read
   * that is a warning when they are.
   */
  current(): Roots
  /** Reads them again, if anybody has read them. */
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

/** Reads nothing until somebody needs it: they are hundreds of kilobytes, and many a daemon connects to no such server. */
export function createSystemCa(deps: SystemCaDeps): SystemCa {
  const { environment, platform, extraCa, log, readText, readCaFolder } = deps
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = environment
  const files = isSet(file) ? [file] : bundles
  const named = isSet(folders) ? folders.split(':').filter(isSet) : []
  let reading: Promise<readonly string[] | undefined> | undefined
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

  const readAll = async (): Promise<readonly string[] | undefined> => {
    const texts = platform === 'darwin' && !isSet(file) ? [fromKeychains()] : []
    for (const path of files) {
      if (texts.some((found) => found !== '')) break
      texts.push(await read(path, readText))
    }
    for (const path of named) texts.push(await read(path, readCaFolder))
    return usualRoots(texts.join('\n'), extraCa() ?? '')
  }

  const rootsNow = (): Roots => ({
    certificates() {
      reading ??= readAll()
      return reading
    },
  })
  let current = rootsNow()

  return {
    paths: [...files, ...named],
    current: () => current,
    async refresh() {
      if (reading === undefined) return
      const next = await readAll()
      if (isDeepStrictEqual(next, await reading)) return
      reading = Promise.resolve(next)
      current = rootsNow()
    },
  }
}

/** What the keychains of macOS trust, where this Node can tell (22.15 and later). Not tried on macOS. */
function fromKeychains(): string {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => readonly string[] }
  return getCACertificates?.('system').join('\n') ?? ''
}
