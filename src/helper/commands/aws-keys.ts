import type { Command } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import type { AccessKeyList } from '../../ipc/endpoints/aws-keys.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatKeyTable } from '../key-report.ts'
import { type AddKeyOptions, addKey } from '../keys/add-key.ts'
import { type ImportOptions, importKeys } from '../keys/import-keys.ts'
import { undoImport } from '../keys/undo-import.ts'
import { checkedSerial } from '../mfa/adopt-device.ts'
import { defaultSource } from '../mfa/known-source.ts'
import { formatProblem } from '../problem-lines.ts'
import { formatSeeds } from '../status-report.ts'
import { withSession } from '../with-session.ts'
import { addAwsKeyRotationCommand } from './aws-key-rotation.ts'
import { sourceName } from './given-profile.ts'

const sourceHelp = "the name of the key's section, [aws.source.NAME] in the configuration"

const newHelp = 'use the name, though no profile uses it'

/** `latchkey aws keys …` */
export function addAwsKeysCommands(aws: Command, context: CommandContext): void {
  const keys = aws.command('keys').description('long-term access keys in the keychain')
  keys
    .command('add')
    .description(
      'store or replace a key, and find its user and MFA device; it is typed, or comes as two lines on stdin',
    )
    .argument('[source]', sourceHelp, sourceName, defaultSource)
    .option('--new', newHelp)
    .option('--replace', 'put it in the place of the key of another user, and its device in the place of that one')
    .option('--mfa-serial <arn>', 'the MFA device of the user (default: the one that AWS has)', checkedSerial)
    .action((source: string, options: AddKeyOptions) => addKey(source, options, context))
  keys
    .command('import')
    .description("move keys out of the AWS tools' files, and out of those that are named, into the keychain")
    .argument('[file...]', 'credentials files, .env files, start files of a shell')
    .option('--profile <profile>', 'only the key of this profile')
    .option('--source <name>', `${sourceHelp} (default: the name of the profile)`, sourceName)
    .option('--new', newHelp)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('--undo', 'undo the last import')
    .action(async (files: string[], { undo, ...options }: ImportOptions & { undo?: true }) => {
      if (!undo) return await importKeys(files, options, context)
      if (files.length > 0 || options.profile !== undefined || options.source !== undefined || options.new)
        throw new HelperError('USAGE', '--undo takes --dry-run and --yes, and nothing else', {
          hint: 'latchkey help aws keys import',
        })
      await undoImport(options, context)
    })
  keys
    .command('list')
    .description('list the keys, with their age and use as AWS last said; secrets are not shown')
    .option('--refresh', 'ask AWS first')
    .option('--json', 'print it as JSON')
    .action(async ({ refresh, json }: { refresh?: true; json?: true }) => {
      const isWhole = refresh !== true || (await refreshKeys(context))
      const list = await context.daemon.call('listKeys')
      context.print(json ? `${displayJson(list, 2)}\n` : formatKeys(list, context.nowMs()))
      const { unreadable = [] } = list
      for (const { source, error } of unreadable) context.note(formatProblem(error, source))
      if (unreadable.length > 0) throw new HelperError('REFUSED', 'not all keys in the keychain can be read')
      if (!isWhole) throw new HelperError('REFUSED', 'AWS could not be asked about all keys')
    })
  addAwsKeyRotationCommand(keys, context)
  keys
    .command('remove')
    .description('remove a key from the keychain; AWS still knows it')
    .argument('<source>', sourceHelp)
    .action(async (source: string) => {
      await context.daemon.call('removeKey', { params: { source } })
      context.print(`removed the access key of ${displayLine(source)} from the keychain\n`)
    })
}

function formatKeys({ keys, seeds = [] }: AccessKeyList, nowMs: number): string {
  if (keys.length === 0)
    return `the keychain has no access key; latchkey aws keys add SOURCE puts one in\n${formatSeeds(seeds)}`
  const isUnseen = keys.some(({ seen }) => seen === undefined)
  const remedy = isUnseen ? 'age and use are asked of AWS by: latchkey aws keys list --refresh\n' : ''
  return formatKeyTable(keys, nowMs) + formatSeeds(seeds) + remedy
}

/** Asks AWS about each key in turn, since each may cost a code. @returns whether it has said all */
async function refreshKeys(context: CommandContext): Promise<boolean> {
  let isWhole = true
  for (const { source } of (await context.daemon.call('listKeys')).keys) {
    try {
      await withSession(source, context, () => context.daemon.call('refreshKey', { params: { source } }))
    } catch (error) {
      // A person who has said no to one code is not asked for the next.
      if (!(error instanceof HelperError) || error.code !== 'REFUSED') throw error
      const { code, message, hint } = error
      context.note(formatProblem({ code, message, ...(hint === undefined ? {} : { hint }) }, source))
      isWhole = false
    }
  }
  return isWhole
}
