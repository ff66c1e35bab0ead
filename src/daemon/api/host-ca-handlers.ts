import type { CodedError } from '../../core/errors.ts'
import type { getHostCas } from '../../ipc/endpoints/ssh-host-ca.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import type { ConfigService } from '../running/config-service.ts'
import { ApiError, reportedError } from './api-errors.ts'

/** What the endpoints of host CAs use. */
export interface HostCaHandlersDeps {
  hostCas: ConfigService['hostCas']
  /** Why no part of the configuration could be read yet. */
  whyUnread: () => CodedError | undefined
}

/** The handlers of the endpoints of host CAs. */
export function hostCaHandlers({
  hostCas,
  whyUnread,
}: HostCaHandlersDeps): EndpointHandlers<{ getHostCas: typeof getHostCas }, PromptCaller> {
  return {
    async getHostCas() {
      await hostCas.look()
      const file = hostCas.file()
      if (file === undefined) throw whyNone(whyUnread() ?? [...hostCas.off().values()][0])
      const cas = hostCas.all().map((ca) => {
        const { name, vault, mount } = ca.config
        return {
          name,
          vault,
          mount,
          lines: hostCas.linesOf(ca),
          fingerprints: (ca.known()?.keys ?? []).map(fingerprint),
          ...(ca.error() === undefined ? {} : { error: reportedError(ca.error()) }),
        }
      })
      return { file, cas, faults: hostCas.fileFaults() }
    },
  }
}

/** @param fault what keeps a section from having an effect */
function whyNone(fault: CodedError | undefined): CodedError {
  if (fault !== undefined) return fault
  return new ApiError('HOST_CA_UNKNOWN', 'no CA of hosts is configured', {
    hint: 'add [ssh.host_ca.NAME] to config.toml, with mount = "MOUNT" and hosts = ["*.your.domain"]',
  })
}
