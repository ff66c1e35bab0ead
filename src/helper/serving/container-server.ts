import type { IncomingMessage, ServerResponse } from 'node:http'
import { displayJson } from '../../core/text/display-text.ts'
import type { Clock } from '../../core/time/clock.ts'
import { startLoopbackServer } from '../../http/loopback-server.ts'
import { openApiClient } from '../../ipc/client/client.ts'
import { unattendedCredentialsCall } from '../../ipc/client/process-credentials.ts'
import { noCredentialsInTime } from '../fast/deadline.ts'
import { authorize, type ContainerReply, containerReply, failure, type ServedProfile } from './container-reply.ts'

/** An endpoint from which the AWS SDKs get credentials as in a container, for as long as it is open. */
export interface ContainerServer {
  port: number
  /** The variables with which a program finds the credentials of one of the profiles. */
  variables(profile: string): Record<string, string>
  close(): Promise<void>
}

/** What it serves, and what it reaches the world through. */
export interface ContainerServerOptions {
  profiles: readonly string[]
  /** 0 takes a free one. */
  port: number
  /** Where the daemon answers. */
  socketPath: string
  clock: Clock
  newToken(): string
  /** Called once for each new reason why there are no credentials: some SDKs do not show it. */
  onRefused(profile: string, reason: string): void
}

/** Before botocore gives up, after 2 s: it tries again then, and the daemon has gone on meanwhile. */
const answerMs = 1_500
const patienceMs = 10_000

/**
 * Serves profiles to the programs of this machine that have been given their token. Each request asks the daemon, which
 * renews credentials ahead of their end. A person is never asked from here: nobody would be waiting for the answer.
 * @throws the system's error if the port is not available
 */
export async function startContainerServer(options: ContainerServerOptions): Promise<ContainerServer> {
  const { profiles, socketPath, clock, newToken, onRefused } = options
  const served = profiles.map(
    (profile): ServedProfile => ({ profile, path: `/role/${encodeURIComponent(profile)}`, token: newToken() }),
  )
  const reported = new Map<string, string>()

  const report = (profile: string, { body }: ContainerReply) => {
    const reason = 'message' in body ? body.message : ''
    if (reason !== '' && reported.get(profile) !== reason) onRefused(profile, reason)
    reported.set(profile, reason)
  }

  const credentials = async (profile: string): Promise<ContainerReply> => {
    const connection = openApiClient(socketPath)
    const stop = clock.after(answerMs, () => connection.close(noCredentialsInTime(profile, answerMs)))
    try {
      return containerReply(await connection.call(unattendedCredentialsCall(profile)))
    } finally {
      stop()
      connection.close()
    }
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = incoming
    const found = authorize({ method, url, authorization: headers.authorization }, served)
    if ('status' in found) return send(response, found)
    const reply = await credentials(found.profile).catch((error: unknown) => failure(503, error))
    report(found.profile, reply)
    send(response, reply)
  }

  const { port, close } = await startLoopbackServer({
    port: options.port,
    clock,
    patienceMs,
    maxBodyBytes: 0,
    serve,
  })
  return {
    port,
    variables(profile) {
      const { path, token } = served.find((each) => each.profile === profile)!
      return {
        // Older SDKs accept no other name of this machine.
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}${path}`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
      }
    },
    close,
  }
}

function send(response: ServerResponse, { status, body }: ContainerReply): void {
  const text = `${displayJson(body)}\n`
  response
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      ...(status === 405 ? { Allow: 'GET' } : {}),
    })
    .end(text)
}
