import { displayLine } from '../core/text/display-text.ts'
import { formatDuration } from '../core/time/duration.ts'
import type { ReportedError } from '../ipc/endpoints/fields.ts'
import type { PromptStatus, SshIdentityStatus, Status, VaultStatus } from '../ipc/endpoints/status.ts'
import { formatAddedKeys } from './added-key-table.ts'
import { formatConfigProblems } from './config-report.ts'
import { formatKeyTable, formatRotations } from './key-report.ts'
import { formatNotices } from './notice-table.ts'
import { formatProblem, formatWarnings } from './problem-lines.ts'
import { formatStaticKeys } from './ssh-keys/key-list.ts'
import { formatTable } from './text-table.ts'
import { formatTimeLeft, formatTimeOfGood } from './time-left.ts'
import { formatUpstreams } from './upstream-table.ts'

type Left = (time: string | undefined) => string

/** What the daemon holds, until when, and what is wrong, for a person. @param nowMs the time to count down from */
export function formatStatus(status: Status, nowMs: number): string {
  const left = (time: string | undefined) => (time === undefined ? 'no limit' : formatTimeLeft(time, nowMs))
  const leftOfGood = (time: string | undefined) => (time === undefined ? 'no limit' : formatTimeOfGood(time, nowMs))
  if (isEmpty(status)) return `${formatDaemon(status, nowMs)}\n${formatNotes(status.ssh, left)}${nextSteps(status)}`
  return [
    formatDaemon(status, nowMs),
    formatVaults(status, leftOfGood),
    formatIdentities(status, left, leftOfGood),
    formatAws(status, left, nowMs),
  ].join('\n')
}

/**
 * Says that the daemon and the command that asks it differ in version, as after an update; empty where they do not.
 * @param restart what restarts the service
 */
export function formatOtherVersion({ version, pid }: Status, own: string, restart: string): string {
  if (version === own) return ''
  return formatProblem({
    code: 'OTHER_VERSION',
    message: `the daemon is version ${version}, and this command is ${own}: a daemon goes on until it is restarted`,
    hint: `${restart}; without a service: kill ${pid}, then latchkey daemon`,
  })
}

function formatDaemon(status: Status, nowMs: number): string {
  const { version, pid, startedAt, configFile, config, sockets, keychain } = status
  const upSeconds = (nowMs - Date.parse(startedAt)) / 1000
  const facts = formatTable(
    [
      ['config', configFile],
      ['agent', sockets.agent],
      ['api', sockets.api],
      ...(status.prompt === undefined ? [] : [['prompts', formatPrompt(status.prompt)]]),
      ['keychain', keychain.description],
    ],
    '  ',
  )
  return `latchkey ${displayLine(version)}, pid ${pid}, up ${formatDuration(upSeconds)}\n${facts}${config === undefined ? '' : formatConfigProblems(config)}${formatProblem(keychain.error)}`
}

/** How a person is asked. */
function formatPrompt({ terminal, programs, whyNoProgram = '' }: PromptStatus): string {
  const places = [...(terminal ? ['in the terminal of the caller'] : []), ...programs.map((path) => `by ${path}`)]
  return programs.length > 0 ? places.join(', else ') : `${places[0] ?? 'nowhere'}; no dialog: ${whyNoProgram}`
}

/** Nothing is configured, and nothing is wrong either. */
function isEmpty({ vaults, ssh, aws, config, keychain }: Status): boolean {
  const isConfigured = [
    vaults,
    ssh.identities,
    ssh.static?.keys ?? [],
    ssh.upstreams ?? [],
    aws.sessions,
    aws.roles,
    aws.profiles,
  ].some((list) => list.length > 0)
  const isWrong = aws.error !== undefined || keychain.error !== undefined || (config?.errors.length ?? 0) > 0
  return !isConfigured && !isWrong
}

/** For someone who has just installed it. */
function nextSteps({ configFile }: Status): string {
  return `nothing is configured yet. Write ${displayLine(configFile)}, which counts as soon as it is there:

  [vault.corp]
  address = "https://vault.example.com:8200"
  auth = { method = "userpass", username = "jo" }

  [ssh.identity.ops]
  role = "ops"

then: latchkey config check; latchkey login; ssh-add -l
for AWS: latchkey aws keys add; for every field: latchkey help names the documents; to try it all: latchkey dev
`
}

/** Says that none of a kind is configured, or that what is configured has mistakes. */
function noneOf(what: string, section: string, config: Status['config']): string {
  const isOff = (config?.errors ?? []).some(
    ({ effect, section: named = section }) => effect === 'off' && named.startsWith(section),
  )
  return isOff ? `no ${what} can be used: see the mistakes above\n` : `no ${what} is configured\n`
}

function formatVaults({ vaults, config }: Status, leftOfGood: Left): string {
  if (vaults.length === 0) return noneOf('vault', 'vault', config)
  const rows = vaults.map(({ name, address, method, state, expiresAt }) => [
    name,
    vaultStates[state],
    // It may be unknown for a token that someone else looks after, which does not mean for ever.
    state === 'logged-in' && expiresAt !== undefined ? leftOfGood(expiresAt) : '-',
    method,
    address,
  ])
  return formatSection(['VAULT', 'STATE', 'TIME LEFT', 'METHOD', 'ADDRESS'], rows, vaults)
}

/** What a state of a vault means to a person. */
const vaultStates: Readonly<Record<VaultStatus['state'], string>> = {
  'logged-in': 'logged in',
  idle: 'when needed',
  inline: 'with each request',
  'login-needed': 'login needed',
  'logged-out': 'not logged in',
}

/** What a state of src/core/time/validity.ts means to a person. */
const certificateStates: Readonly<Record<SshIdentityStatus['state'], string>> = {
  fresh: 'valid',
  advisory: 'valid, renewing',
  mandatory: 'due',
  none: 'none yet',
}

/** What is true of all keys of the agent. */
function formatNotes(
  {
    locked,
    isForPerson,
    lockError,
    addedKeys,
    added = [],
    static: stored = { keys: [] },
    upstreams = [],
    notices = [],
  }: Status['ssh'],
  left: Left,
): string {
  const unlock = isForPerson === true ? 'latchkey unlock, in a terminal,' : 'latchkey unlock or ssh-add -X'
  const lock = locked ? `the agent is locked: ${unlock} unlocks it\n` : ''
  const own = formatAddedKeys(addedKeys, added, left) + formatStaticKeys(stored)
  return lock + formatProblem(lockError) + own + formatUpstreams(upstreams) + formatNotices(notices)
}

function formatIdentities({ ssh, config }: Status, left: Left, leftOfGood: Left): string {
  const notes = formatNotes(ssh, left)
  if (ssh.identities.length === 0) return noneOf('SSH identity', 'ssh.identity', config) + notes
  const rows = ssh.identities.map(({ name, state, validBefore, principals, vault, role }) => [
    name,
    certificateStates[state],
    state === 'none' ? '-' : leftOfGood(validBefore),
    principals.join(',') || '-',
    `${vault}/${role}`,
  ])
  return (
    formatSection(['SSH IDENTITY', 'CERTIFICATE', 'TIME LEFT', 'PRINCIPALS', 'VAULT/ROLE'], rows, ssh.identities) +
    notes
  )
}

function formatAws({ aws, config }: Status, left: Left, nowMs: number): string {
  const { sessions, roles, profiles, keys = [], rotations = [], seeds = [], warnings = [], error } = aws
  const parts = [
    sessions.length === 0
      ? ''
      : formatTable([
          ['MFA SESSION', 'TIME LEFT', 'MFA DEVICE'],
          ...sessions.map(({ source, expiresAt, mfaSerial }) => [source, left(expiresAt), mfaSerial]),
        ]),
    formatSeeds(seeds),
    roles.length === 0
      ? ''
      : formatTable([
          ['AWS PROFILE', 'TIME LEFT', 'ROLE'],
          ...roles.map(({ profile, expiresAt, roleArn }) => [profile, left(expiresAt), roleArn]),
        ]),
    (keys.length === 0 ? '' : formatKeyTable(keys, nowMs)) + formatRotations(rotations),
    error !== undefined
      ? formatProblem(error, 'AWS')
      : profiles.length === 0
        ? noneOf('AWS profile', 'aws', config)
        : `${formatNames(profiles)}\n${formatWarnings(warnings.slice(0, shownWarnings))}${moreWarnings(warnings.length)}`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** That codes need no device: nobody should find that out too late. */
export function formatSeeds(sources: readonly string[]): string {
  if (sources.length === 0) return ''
  const names = sources.map((name) => displayLine(name)).join(', ')
  return `MFA seeds in the keychain, so that both factors are on this machine: ${names}\n`
}

/** More names than this are a list of its own: what is in hand stands above by its name. */
const shownProfiles = 20
const shownWarnings = 10

function formatNames(profiles: readonly string[]): string {
  if (profiles.length > shownProfiles) return `AWS profiles: ${profiles.length} (latchkey aws profiles list)`
  return `AWS profiles: ${profiles.map((name) => displayLine(name)).join(', ')}`
}

function moreWarnings(count: number): string {
  return count > shownWarnings ? `  ! ${count - shownWarnings} more warnings (latchkey status --json)\n` : ''
}

/** A table, and below it what is wrong with its rows. */
function formatSection(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  subjects: readonly { name: string; warnings?: readonly string[]; error?: ReportedError }[],
): string {
  const problems = subjects.map(
    ({ name, warnings = [], error }) => formatWarnings(warnings, name) + formatProblem(error, name),
  )
  return formatTable([heading, ...rows]) + problems.join('')
}
