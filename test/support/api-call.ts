import { Agent, request } from 'node:http'
import { json } from 'node:stream/consumers'

export interface ApiAnswer {
  status: number
  body: unknown
}

/** One call to the local API by Node's own HTTP client. @param agent keeps a connection over several calls */
export function callApi(
  socketPath: string,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Readonly<Record<string, string>>; agent?: Agent } = {},
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const { body, headers = {}, agent = new Agent() } = options
    const call = request({ socketPath, method, path, headers, agent }, (response) => {
      const status = response.statusCode ?? 0
      if (status === 204) {
        response.resume().on('end', () => resolve({ status, body: undefined }))
        return
      }
      json(response).then((parsed) => resolve({ status, body: parsed }), reject)
    })
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
