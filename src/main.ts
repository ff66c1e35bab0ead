import { printCredentials } from './helper/fast/credentials.ts'

// `credential_process` is run once for each AWS call of a person, thirty times a minute under Terraform. So its path
// loads built-ins only, and everything else is a chunk of its own (scripts/build.mjs) behind a dynamic import.
const args = process.argv.slice(2)
const [command, subcommand, profile] = args

void run().then((status) => {
  process.exitCode = status
})

async function run(): Promise<number> {
  if (command === 'aws' && subcommand === 'credentials' && args.length === 3 && isPlain(profile)) {
    const status = await printCredentials(profile, process.env)
    // exit, for the connection to the daemon may still be open. Both streams are written by then.
    if (status !== undefined) process.exit(status)
  }
  return await runChunk()
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
