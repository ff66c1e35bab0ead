import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as v from 'valibot'
import { homeFolder } from '../../core/places/home.ts'
import { awsFilePaths } from '../../core/places/paths.ts'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type AccessKeyList, type AccessKeyRequest, type KeptKey, putKey } from '../../ipc/endpoints/aws-keys.ts'
import { confirmTyped, readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatKeyTable } from '../key-report.ts'
import { formatProblem } from '../problem-lines.ts'
import { withSession } from '../with-session.ts'
import { addAwsKeyRotationCommand } from './aws-key-rotation.ts'

const sourceHelp = "the name of the key's section, [aws.source.NAME] in the configuration"

const newHelp = 'use the name, though no profile uses it'

/** `latchkey aws keys …` */
export function addAwsKeysCommands(aws: Command, context: CommandContext): void {
  const keys = aws.command('keys').description('long-term access keys in the keychain')
  keys
    .command('add')
    .description('store or replace a key; it is typed, or comes as two lines on standard input: id, secret')
    .argument('<source>', sourceHelp)
    .option('--new', newHelp)
    .action(async (source: string, { new: isNew }: { new?: true }) => {
      const check = async () => (isNew ? undefined : checkSource(source, 'add', context))
      // A person must not type a key in vain; a program's input is read first, and bounded.
      if (context.hasTypedInput) await check()
      const body = await readAccessKey(context)
      if (!context.hasTypedInput) await check()
      context.print(formatKept(await context.daemon.call('putKey', { params: { source }, body }), 'stored'))
    })
  keys
    .command('import')
    .description('move a key out of a credentials file into the keychain')
    .argument('<source>', sourceHelp)
    .option('--file <file>', 'the file (default: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials)')
    .option('--profile <profile>', 'the profile in the file', 'default')
    .option('--new', newHelp)
    .action(async (source: string, { file, profile, new: isNew }: { file?: string; profile: string; new?: true }) => {
      if (!isNew) await checkSource(source, 'import', context)
      const body = {
        file: resolve(file ?? awsFilePaths(context.environment, homeFolder(context.environment)).credentials),
        profile,
        source,
      }
      const kept = await context.daemon.call('importKeys', { body })
      context.print(`${formatKept(kept, 'imported')}it is no longer in ${displayLine(body.file)}\n`)
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

/** Comes before the key is asked for: nobody finds it under a mistyped name, and it does not belong under a role's. */
async function checkSource(source: string, command: 'add' | 'import', context: CommandContext): Promise<void> {
  const { doubt } = await context.daemon.call('getSource', { params: { source } })
  if (doubt === undefined) return
  const keysCommand = `latchkey aws keys ${command}`
  const hint = `${keysCommand} ${shellWord(doubt.instead[0] ?? source)}, or with --new ${keysCommand} --new ${shellWord(source)}`
  if (!context.hasTypedInput) throw new HelperError('USAGE', doubt.reason, { hint })
  const question = `${displayLine(doubt.reason)}\nstore a key as ${displayLine(source)} anyway?`
  if (!(await confirmTyped(context, question)))
    throw new HelperError('CANCELLED', `nothing was stored: ${doubt.reason}`, { hint })
}

/** Typed, or from standard input, and never from the arguments, which any process of the machine can read. */
async function readAccessKey(context: CommandContext): Promise<AccessKeyRequest> {
  if (context.hasTypedInput) {
    // Nobody should look up a secret for an id that is refused.
    const accessKeyId = keyPart('accessKeyId', await readTyped(context, 'access key id', true))
    return {
      accessKeyId,
      secretAccessKey: keyPart('secretAccessKey', await readTyped(context, 'secret access key', false)),
    }
  }
  const [accessKeyId = '', secretAccessKey = ''] = (await context.readInput()).split('\n')
  return {
    accessKeyId: keyPart('accessKeyId', accessKeyId),
    secretAccessKey: keyPart('secretAccessKey', secretAccessKey),
  }
}

/** @throws {HelperError} REFUSED, without the text, which may be a secret */
function keyPart(part: keyof AccessKeyRequest, text: string): string {
  const result = v.safeParse(putKey.request.entries[part], text.trim())
  if (result.success) return result.output
  throw new HelperError('REFUSED', reasons[part], { hint: 'latchkey help aws keys add' })
}

const reasons: Readonly<Record<keyof AccessKeyRequest, string>> = {
  accessKeyId: 'this is not the id of a long-term access key, which begins with AKIA',
  secretAccessKey: 'this is not a secret access key, which has 40 characters',
}

function formatKept({ source, accessKeyId, arn, isVerified }: KeptKey, verb: string): string {
  const owner = arn === undefined ? '' : `, a key of ${arn}`
  const doubt = isVerified ? '' : 'AWS could not be asked whether it works\n'
  return `${displayLine(`${verb} ${accessKeyId} as ${source}${owner}`)}\n${doubt}`
}

function formatKeys({ keys }: AccessKeyList, nowMs: number): string {
  if (keys.length === 0) return 'the keychain has no access key; latchkey aws keys add SOURCE puts one in\n'
  const isUnseen = keys.some(({ seen }) => seen === undefined)
  const remedy = isUnseen ? 'age and use are asked of AWS by: latchkey aws keys list --refresh\n' : ''
  return formatKeyTable(keys, nowMs) + remedy
}

/** Asks AWS about each key in turn, since each may cost a code. @returns whether it has said all */
async function refreshKeys(context: CommandContext): Promise<boolean> {
  let isWhole = true
  for (const { source } of (await context.daemon.call('listKeys')).keys) {
    try {
      await withSession(source, context, () => context.daemon.call('refreshKey', { params: { source } }))
    } catch (error) {
      // Whoever has said no to one code is not asked for the next.
      if (!(error instanceof HelperError) || error.code !== 'REFUSED') throw error
      const { code, message, hint } = error
      context.note(formatProblem({ code, message, ...(hint === undefined ? {} : { hint }) }, source))
      isWhole = false
    }
  }
  return isWhole
}
