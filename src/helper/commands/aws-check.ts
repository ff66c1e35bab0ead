import type { Command } from 'commander'
import { findAll } from '../../aws/check/check.ts'
import type { Finding } from '../../aws/check/finding.ts'
import { keyedSources, sourceFacts } from '../../aws/check/source-facts.ts'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { gatherCloudFacts } from '../check/cloud-facts.ts'
import { gatherLocalFacts } from '../check/local-facts.ts'
import type { Unseen } from '../check/unseen.ts'
import type { CommandContext } from '../command-context.ts'
import { exitStatus } from '../fast/failure.ts'
import { noteOtherFiles } from '../profiles/other-files.ts'

/** `latchkey aws check` */
export function addAwsCheckCommand(aws: Command, context: CommandContext, finish: (status: number) => void): void {
  aws
    .command('check')
    .description(
      'look for keys in files, old keys, roles without MFA and what is in the way of latchkey; fails if it finds any',
    )
    .option('--json', 'print it as JSON')
    .option('--offline', 'do not ask AWS')
    .action(async ({ json, offline }: { json?: true; offline?: true }) => {
      const { daemon, print } = context
      const local = await gatherLocalFacts(context)
      const { profiles: listed, files } = await daemon.call('listProfiles')
      await noteOtherFiles(files, context)
      const { keys: stored, unreadable = [] } = await daemon.call('listKeys')
      const { unseen: unasked, ...cloud } = offline
        ? { users: [], roles: [], unseen: [] }
        : await gatherCloudFacts(stored, listed, context)
      const unread = unreadable.map(({ source, error: { message, hint } }) => ({
        what: `the access key of ${source}`,
        reason: message,
        hint,
      }))
      const unseen = [...unread, ...unasked]
      const keyed = keyedSources([...stored, ...unreadable], local.profiles)
      const findings = findAll({ ...local, listed, stored, keyed, sources: sourceFacts(listed, stored), ...cloud })
      const isOffline = offline === true
      print(json ? `${displayJson({ findings, unseen, isOffline }, 2)}\n` : formatCheck(findings, unseen, isOffline))
      if (findings.length > 0) finish(exitStatus.failed)
    })
}

function formatCheck(findings: readonly Finding[], unseen: readonly Unseen[], isOffline: boolean): string {
  const found = findings.map(({ rule, severity, what, evidence, mend }) => [
    `${severity}: ${what} [${rule}]`,
    ...evidence.map((line) => `  ${line}`),
    `  mend: ${mend}`,
  ])
  const notSeen = unseen.map(({ what, reason, hint }) => [
    `not seen: ${what}: ${reason}`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ])
  const asked = isOffline ? '; AWS was not asked' : ''
  const verdict =
    findings.length === 0 ? 'nothing found' : findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return [...found, ...notSeen, [`${verdict}${asked}`]]
    .flat()
    .map((line) => `${line.startsWith(' ') ? '  ' : ''}${displayLine(line)}\n`)
    .join('')
}
