import { runCredentials } from './helper/fast/credentials.ts'

// `credential_process` is run once for each AWS call of a person, thirty times a minute under Terraform. So its path
// loads built-ins only, and everything else is a chunk of its own (scripts/build.mjs) behind a dynamic import.
const args = process.argv.slice(2)
const [command, subcommand, profile] = args

if (command === 'aws' && subcommand === 'credentials' && args.length === 3 && isPlain(profile)) {
  // exit, for the connection to the daemon may still be open. Both streams are written by then.
  void runCredentials(profile, process.env).then((status) => process.exit(status))
} else {
  void runChunk().then((status) => {
    process.exitCode = status
  })
}

async function runChunk(): Promise<number> {
  if (command !== 'daemon' || args.length > 1) return (await import('./command.ts')).runCommand(args)
  // Until the daemon's chunk is loaded Node would answer this signal by opening its inspector (src/daemon/process/hardening.ts).
  process.on('SIGUSR1', () => {})
  return (await import('./daemon-command.ts')).runDaemonCommand()
}

function isPlain(argument: string | undefined): argument is string {
  return argument !== undefined && argument !== '' && !argument.startsWith('-')
}
