import { expandHome } from '../../core/places/paths.ts'
import type { ServerVariables, Variable } from '../../vault/environment.ts'
import type { Section } from './sections.ts'

/** Where a PEM text comes from. */
export interface PemSource {
  type: 'file' | 'folder' | 'text'
  /** The path, or the text itself. */
  value: string
  /** The key of the section, or the variable. */
  setting: { key: string } | { variable: string }
}

/** Where the certificates and the key of one vault come from. */
export interface PemSources {
  ca: PemSource | undefined
  clientCert: PemSource | undefined
  clientKey: PemSource | undefined
}

/**
 * A section's own files, else what the environment names: CACERT before CACERT_BYTES before CAPATH (Vault, api/client.go). A
 * client certificate and its key come from the same of the two.
 */
export function pemSources(
  { written }: Section<'vault'>,
  { caCert, caCertBytes, caPath, clientCert, clientKey }: ServerVariables,
  home: string,
): PemSources {
  const own = (key: 'ca_file' | 'client_cert_file' | 'client_key_file'): PemSource | undefined =>
    written[key] === undefined ? undefined : { type: 'file', value: expandHome(written[key], home), setting: { key } }
  const hasOwnPair = written.client_cert_file !== undefined || written.client_key_file !== undefined
  return {
    ca: own('ca_file') ?? named('file', caCert) ?? named('text', caCertBytes) ?? named('folder', caPath),
    clientCert: hasOwnPair ? own('client_cert_file') : named('file', clientCert),
    clientKey: hasOwnPair ? own('client_key_file') : named('file', clientKey),
  }
}

function named(type: PemSource['type'], variable: Variable | undefined): PemSource | undefined {
  return variable && { type, value: variable.value, setting: { variable: variable.name } }
}
