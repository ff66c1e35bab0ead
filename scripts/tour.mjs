// What npm start shows. It runs inside `latchkey dev`, whose variables it uses. Each step says in one line what it
// shows. If a tool is not installed, the tour names it and its package, and leaves its step out.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { closingLines } from './tour/closing.mjs'
import { answerThroughApi, currentCode } from './tour/mfa.mjs'
import { findProgram, openShell, run, say, showCommand } from './tour/show.mjs'
import { startSshd } from './tour/sshd.mjs'

const { LATCHKEY_DEV_DIR, LATCHKEY_DEV_MFA, LATCHKEY_RUNTIME_DIR, AWS_ENDPOINT_URL_STS } = process.env
if (LATCHKEY_DEV_DIR === undefined) {
  process.stderr.write('latchkey: this runs inside latchkey dev\nhint: npm start\n')
  process.exit(2)
}

const caFile = join(LATCHKEY_DEV_DIR, 'ca.pub')
const user = userInfo().username
const scratch = mkdtempSync(join(tmpdir(), 'latchkey-tour-'))
const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
const hasSsh = ['ssh', 'ssh-add', 'ssh-keygen'].every((name) => findProgram(name) !== undefined)
let sshd
let failures = 0
/** What could not be shown here, and the package that it needs. */
const leftOut = []

// Even if Ctrl-C or the end of `latchkey dev` cuts the tour short.
process.on('exit', () => {
  sshd?.kill()
  rmSync(scratch, { recursive: true, force: true })
})
const leave = () => process.exit(130)
process.on('SIGINT', leave)
process.on('SIGTERM', leave)

function leaveOut(what, debianPackage) {
  leftOut.push({ what, debianPackage })
}

async function step(what, show) {
  say(`\n== ${what}`)
  try {
    await show()
  } catch (error) {
    failures += 1
    say(`FAILED: ${error.message}`)
  }
}

async function listIdentities() {
  const { stdout } = await run('ssh-add', ['-L'])
  showCommand('ssh-add -L', stdout)
  const certificate = stdout.split('\n').find((line) => /-cert-v01@openssh\.com /.test(line))
  if (certificate === undefined) throw new Error('the agent lists no certificate')
  writeFileSync(join(scratch, 'id-cert.pub'), `${certificate}\n`)
}

async function readCertificate() {
  const { stdout } = await run('ssh-keygen', ['-L', '-f', '-'], { input: readFileSync(join(scratch, 'id-cert.pub')) })
  showCommand('ssh-add -L | ssh-keygen -L -f -', stdout)
}

async function logIn() {
  const program = findProgram('sshd')
  if (program === undefined) {
    leaveOut('the login to an sshd', 'openssh-server')
    say('there is no sshd here (Debian: apt-get install openssh-server): the certificate signs a file instead, and')
    say(`ssh-keygen checks the signature against Vault's CA and the name ${user} in the certificate`)
    return signFile()
  }
  sshd = await startSshd({ program, caFile, folder: scratch })
  say(`sshd listens on 127.0.0.1 port ${sshd.port}; it knows no key and no password, only Vault's CA`)
  say(
    "ssh knows no key of that host, and asks nothing: another CA of Vault has certified it, and latchkey's file has that CA",
  )
  const { stdout: lines } = await run('latchkey', ['ssh', 'known-hosts'])
  showCommand('latchkey ssh known-hosts', lines)
  const { stdout } = await run('ssh', [...sshArgs(), 'id']).catch((error) => {
    throw new Error(`${error.message}\nsshd said:\n${sshd.log()}`)
  })
  showCommand(`ssh ${sshArgs().join(' ')} id`, stdout)
  say(`sshd says: ${await sshd.acceptedLine()}`)
}

/** With nothing of the user's own, and no host that is trusted for another reason than its certificate. */
function sshArgs() {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UserKnownHostsFile=/dev/null',
    `GlobalKnownHostsFile=${join(LATCHKEY_RUNTIME_DIR, 'known_hosts')}`,
  ]
  return ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-p', String(sshd.port), `${user}@127.0.0.1`]
}

async function signFile() {
  const file = join(scratch, 'letter')
  writeFileSync(file, 'a letter\n')
  const signers = join(scratch, 'allowed-signers')
  const { stdout: ca } = await run('cat', [caFile])
  writeFileSync(signers, `${user} cert-authority ${ca.trim()}\n`)
  await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', join(scratch, 'id-cert.pub'), file])
  const verify = ['-Y', 'verify', '-n', 'file', '-f', signers, '-I', user, '-s', `${file}.sig`]
  const { stdout } = await run('ssh-keygen', verify, { input: 'a letter\n' })
  showCommand('ssh-keygen -Y sign … && ssh-keygen -Y verify …', stdout)
}

async function getCredentials() {
  const command = 'latchkey aws credentials dev'
  if (!hasTerminal) {
    if (LATCHKEY_DEV_MFA === 'auto') say("nobody is there to type the MFA code: the daemon's prompt program answers it")
    const { stdout } = await run('latchkey', ['aws', 'credentials', 'dev'])
    return showCommand(command, redacted(stdout))
  }
  say(`latchkey asks for the MFA code of the embedded user; the code is now ${await currentCode()}: type it`)
  const typed = await run('latchkey', ['aws', 'credentials', 'dev'], { isInteractive: true }).catch((error) => {
    say(`\nno code was taken (${error.message}); it is now answered over the local API`)
    return answerThroughApi('dev')
  })
  showCommand(command, redacted(typed.stdout))
}

/** Credentials without their secrets: nobody who looks over a shoulder should see them, even those of an embedded AWS. */
function redacted(line) {
  const credentials = JSON.parse(line)
  return JSON.stringify({ ...credentials, SecretAccessKey: '[redacted]', SessionToken: '[redacted]' })
}

async function askAws() {
  if (findProgram('aws') === undefined) {
    leaveOut('the AWS CLI', 'awscli')
    return say('there is no aws CLI here (Debian: apt-get install awscli), so this step is left out')
  }
  // The endpoint as an argument: older CLIs, such as Debian 12's, do not read AWS_ENDPOINT_URL_STS.
  const args = ['sts', 'get-caller-identity', '--profile', 'dev', '--output', 'json']
  const { stdout } = await run('aws', [...args, '--endpoint-url', AWS_ENDPOINT_URL_STS])
  showCommand('aws sts get-caller-identity --profile dev --endpoint-url "$AWS_ENDPOINT_URL_STS"', stdout)
  const questions = readFileSync(join(LATCHKEY_DEV_DIR, 'prompts.jsonl'), 'utf8').trim().split('\n').length
  say(`questions put to a person so far: ${questions}`)
}

async function showStatus() {
  const { stdout } = await run('latchkey', ['status'])
  showCommand('latchkey status', stdout)
}

async function stayUp() {
  const login = sshd === undefined ? [] : [`ssh ${sshArgs().join(' ')}`]
  say('\nEverything stays up in this shell, which has SSH_AUTH_SOCK and the AWS variables set. Try:')
  const things = [
    ...login,
    'ssh-add -l',
    'latchkey status',
    'latchkey aws credentials prod        # another role: no second code',
    'latchkey aws forget --all            # the next call asks again',
    'latchkey dev code                    # the MFA code to type then',
    'latchkey --help',
    'exit                                 # takes it all down',
  ]
  for (const thing of things) say(`  ${thing}`)
  // From now on Ctrl-C is the shell's.
  process.off('SIGINT', leave)
  await openShell()
}

if (hasSsh) {
  await step(
    'ssh-add -L: a key that lives only in the daemon’s memory, certified by Vault a moment ago',
    listIdentities,
  )
  await step('ssh-keygen -L: what Vault’s CA put into the certificate: for whom, until when', readCertificate)
  await step('ssh: logs in to a real sshd with that certificate', logIn)
} else {
  leaveOut('the three steps with ssh', 'openssh-client')
  say('\nthere is no ssh here (Debian: apt-get install openssh-client), so the steps with ssh are left out')
}
await step('latchkey aws credentials: keys for a role behind MFA; secrets are redacted here', getCredentials)
await step('aws: gets the same through credential_process, and nobody is asked again', askAws)
await step('latchkey status: what the daemon holds, until when, and what is wrong', showStatus)
for (const line of closingLines({ failures, leftOut, hasTerminal })) say(line)
if (hasTerminal) await stayUp()

process.exit(failures === 0 ? 0 : 1)
