import { randomBytes } from 'node:crypto'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { dataReply } from '../../../../src/dev/vault/reply.ts'

/** `maxBytes` of OpenBao's helper/random. */
const maxBytes = 128 * 1024

/** `sys/tools/random/N`: random bytes, in base64. */
export const tools: Plugin = () => ({
  routes: {
    system: [
      {
        pattern: 'tools/random/{bytes}',
        update({ params: { bytes: text = '' } }) {
          if (!/^\d+$/.test(text)) throw invalidRequest(`error parsing url-set byte count: ${text}`)
          const bytes = Number(text)
          if (bytes < 1) throw invalidRequest("'bytes' cannot be less than 1")
          if (bytes > maxBytes) throw invalidRequest(`'bytes' should be less than ${maxBytes}`)
          return dataReply({ random_bytes: randomBytes(bytes).toString('base64') })
        },
      },
    ],
  },
})
