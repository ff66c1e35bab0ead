import { join } from 'node:path'
import { describeError } from '../../core/errors.ts'
import {
  callerEnvironment,
  type Environment,
  listenVariables,
  openingNodeVariables,
} from '../../core/places/environment.ts'
import { daemonNodeOptions } from '../../core/programs/daemon-node-options.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { version } from '../../core/version.ts'
import { type AgentOrder, parseAgentArguments } from '../agent-compat/arguments.ts'
import { type BackgroundAgent, closeInherited, startBackgroundAgent } from '../agent-compat/background-agent.ts'
import { killLines, shellKind, startLines } from '../agent-compat/shell-lines.ts'
import { type CommandEnd, endAs, runCommand } from '../exec/run-command.ts'
import { writeToDescriptor } from '../fast/descriptor-output.ts'
import { exitStatus, failureText } from '../fast/failure.ts'

/** Runs the agent in this process, until it is told to end; returns its exit status. */
export type RunLoneAgent = (settings: {
  address: string | undefined
  lifetimeSeconds: number | undefined
  isVerbose: boolean
  announce: (found: { socket: string; pid: number }) => Promise<void>
}) => Promise<number>

/** ssh-agent becomes the command, and ends by whatever signal that does. Those that leave a core file stay a status. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGALRM', 'SIGUSR2'] as const

/** Shows the ids of those that run. */
const findAgents = "ps x | grep 'agent-compat -D'"

type Order<Type extends AgentOrder['type']> = Extract<AgentOrder, { type: Type }>

const usage = `usage: latchkey agent-compat [-c | -s] [-DdTU] [-a bind_address] [-E fingerprint_hash]
                             [-O option] [-P allowed_providers] [-t life]
       latchkey agent-compat [-TU] [-a bind_address] [-E fingerprint_hash] [-O option]
                             [-P allowed_providers] [-t life] command [arg ...]
       latchkey agent-compat [-c | -s] -k
       latchkey agent-compat -u
       latchkey agent-compat -V
`

/**
 * `latchkey agent-compat`: what `ssh-agent` does with the same command line.
 * @returns the exit status
 */
export async function runAgentCompat(args: readonly string[], runLoneAgent: RunLoneAgent): Promise<number> {
  const order = parseAgentArguments(args)
  const environment = callerEnvironment(process.env)
  switch (order.type) {
    case 'misused':
      return fail(order.complaint, usage)
    case 'version':
      process.stderr.write(`latchkey ${version}\n`)
      return exitStatus.done
    case 'kill':
      return killAgent(order, environment)
    case 'clean-up':
      warn(order.ignored)
      return exitStatus.done
    case 'foreground': {
      warn(order.ignored)
      const shell = order.shell ?? shellKind(environment.SHELL)
      const announce = ({ socket, pid }: { socket: string; pid: number }) =>
        writeToDescriptor(1, startLines(shell, socket, undefined, pid))
      return runLoneAgent({ ...order, announce })
    }
    case 'background':
      closeInherited()
      return inBackground(order, environment, async (agent) => {
        const shell = order.shell ?? shellKind(environment.SHELL)
        try {
          await writeToDescriptor(1, startLines(shell, agent.socket, agent.pid, agent.pid))
        } catch (error) {
          // Nobody would ever find it.
          await agent.stop()
          throw error
        }
        await agent.release()
        return exitStatus.done
      })
    case 'command':
      return inBackground(order, environment, async (agent) => {
        const found = { SSH_AUTH_SOCK: agent.socket, SSH_AGENT_PID: String(agent.pid) }
        let end: CommandEnd
        try {
          end = await runCommand(order.command, { ...environment, ...found })
        } catch (error) {
          // As ssh-agent, which has one status for all that it cannot run.
          process.stderr.write(failureText(error))
          return exitStatus.failed
        } finally {
          await agent.stop()
        }
        return endAs(end, endingSignals)
      })
  }
}

/** Starts the agent as a process of its own and goes on with it. */
async function inBackground(
  { ignored, address, lifetimeSeconds }: Order<'background' | 'command'>,
  environment: Environment,
  goOn: (agent: BackgroundAgent) => Promise<number>,
): Promise<number> {
  warn(ignored)
  const own = [process.execPath, ...daemonNodeOptions, join(__dirname, 'latchkey.cjs'), 'agent-compat', '-D'] as const
  const place = address === undefined ? [] : ['-a', address]
  const lifetime = lifetimeSeconds === undefined ? [] : ['-t', String(lifetimeSeconds)]
  const agent = await startBackgroundAgent([...own, ...place, ...lifetime], agentEnvironment(environment))
  if ('pid' in agent) return goOn(agent)
  process.stderr.write(agent.complaint)
  return exitStatus.failed
}

/**
 * A terminal may have the first for its programs, and the agent would not start with them; a socket that was passed to this
 * process is not the agent's.
 */
function agentEnvironment(environment: Environment): Environment {
  const names = new Set<string>(['NODE_OPTIONS', ...openingNodeVariables, ...listenVariables])
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)))
}

async function killAgent({ shell }: Order<'kill'>, { SSH_AGENT_PID: text, SHELL }: Environment): Promise<number> {
  if (text === undefined) return fail('SSH_AGENT_PID is not set: no agent can be ended', `hint: ${findAgents}\n`)
  const pid = /^\d+$/.test(text) ? Number(text) : 0
  if (pid < 2 || pid >= 2 ** 31)
    return fail(`SSH_AGENT_PID=${text} is not the id of a process`, `hint: ${findAgents}\n`)
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    return fail(`the agent ${pid} cannot be ended: ${describeError(error)}`, `hint: ps -fp ${pid}\n`)
  }
  await writeToDescriptor(1, killLines(shell ?? shellKind(SHELL), pid))
  return exitStatus.done
}

function fail(complaint: string, more = ''): number {
  process.stderr.write(`latchkey: ${displayLine(complaint)}\n${more}`)
  return exitStatus.failed
}

function warn(ignored: readonly string[]): void {
  if (ignored.length > 0) process.stderr.write(`latchkey: changes nothing here: ${displayLine(ignored.join(', '))}\n`)
}
