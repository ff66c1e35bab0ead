import type { KeyCustody } from '../../aws/keys/key-custody.ts'
import { Secret } from '../../core/secret.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type * as imports from '../../ipc/endpoints/aws-key-import.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { ApiError } from './api-errors.ts'

/** The handlers of ipc/endpoints/aws-key-import.ts. */
export function importHandlers(aws: {
  keys: Pick<KeyCustody, 'adopt' | 'backups'>
}): EndpointHandlers<typeof imports, PromptCaller> {
  return {
    importKey: ({ body: { source, accessKeyId, secretAccessKey } }) =>
      aws.keys.adopt(source, { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
    beginImport: async ({ body }) => ({ id: await aws.keys.backups.begin(body) }),
    async completeImport({ params }) {
      await aws.keys.backups.complete(params.id)
    },
    async listImports() {
      const all = await aws.keys.backups.list()
      return { imports: all.map(({ startedAtMs, ...each }) => ({ ...each, startedAt: formatUtc(startedAtMs) })) }
    },
    async readImport({ params: { id } }) {
      const found = (await aws.keys.backups.list()).find((each) => each.id === id)
      if (found === undefined) throw unknownImport(id)
      return { files: found.files }
    },
    async removeImport({ params: { id } }) {
      if (!(await aws.keys.backups.remove(id))) throw unknownImport(id)
    },
  }
}

function unknownImport(id: string): ApiError {
  return new ApiError('IMPORT_UNKNOWN', `there is no import ${id}`, { hint: 'latchkey aws keys import --undo' })
}
