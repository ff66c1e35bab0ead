import { printCredentials } from './helper/fast/credentials.ts'
import { ensureSshReady, ifRunningOption, readyStatus, readyTarget } from './helper/fast/ssh-ready.ts'

// `credential_process` runs once for each AWS command of a person, and thirty times a minute under Terraform; `ssh ready`
// once for each ssh. So their paths load only built-ins, and everything else is in chunks (scripts/build.mjs) behind dynamic imports.
const args = process.argv.slice(2)
const [command, subcommand, profile] = args

void run().then((status) => {
  process.exitCode = status
})

async function run(): Promise<number> {
  // `ssh -G` runs what `Match exec` names: `latchkey ssh explain` must neither cause anything by it nor call itself.
  if (process.env.LATCHKEY_EXPLAIN === '1') return 0
  if (command === 'aws' && subcommand === 'credentials' && args.length === 3 && isPlain(profile)) {
    const status = await printCredentials(profile, process.env)
    // exit(), because the connection to the daemon may still be open. Both output streams are written by then.
    if (status !== undefined) process.exit(status)
  }
  if (command === 'ssh' && subcommand === 'ready') {
    const target = readyTarget(args.slice(2))
    const outcome = target === undefined ? undefined : await ensureSshReady(target, process.env)
    if (outcome !== undefined && outcome !== 'person-needed')
      process.exit(readyStatus(outcome, args.includes(ifRunningOption)))
  }
  return await runChunk()
}

async function runChunk(): Promise<number> {
  // Not for -h, which is no option of ssh-agent; what comes later may be the arguments of a command that it runs.
  const isAgent = command === 'agent-compat' && args[1] !== '--help'
  const isDaemon = command === 'daemon' && args.length === 1
  if (!isAgent && !isDaemon) return (await import('./command.ts')).runCommand(args)
  // Until their chunk is loaded, Node would open its inspector on this signal (src/daemon/process/hardening.ts).
  process.on('SIGUSR1', () => {})
  if (isAgent) return (await import('./agent-compat-command.ts')).runAgentCompatCommand(args.slice(1))
  return (await import('./daemon-command.ts')).runDaemonCommand()
}

function isPlain(argument: string | undefined): argument is string {
  return argument !== undefined && argument !== '' && !argument.startsWith('-')
}
