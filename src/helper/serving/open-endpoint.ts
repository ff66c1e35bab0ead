import { randomBytes } from 'node:crypto'
import { uptime } from 'node:os'
import { displayLine } from '../../core/text/display-text.ts'
import { createSystemClock } from '../../core/time/clock.ts'
import type { CommandContext } from '../command-context.ts'
import { apiSocketPath } from '../fast/api-socket.ts'
import { type ContainerServer, startContainerServer } from './container-server.ts'

/** 256 bits. An end of line in it would make botocore refuse it. */
const newToken = () => randomBytes(32).toString('base64url')

/**
 * Starts a container endpoint in this process, with tokens of its own.
 * @param port 0 takes a free one
 * @throws the system's error if the port is not available
 */
export function openEndpoint(
  { environment, note }: CommandContext,
  profiles: readonly string[],
  port = 0,
): Promise<ContainerServer> {
  return startContainerServer({
    profiles,
    port,
    socketPath: apiSocketPath(environment),
    clock: createSystemClock(uptime),
    newToken,
    onRefused: (profile, reason) => note(`${displayLine(`${profile}: ${reason}`)}\n`),
  })
}
