import { rm } from 'node:fs/promises'
import { describeError, errorCode } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { HelperError } from '../fast/failure.ts'
import { linesByHand } from '../profiles/lines-by-hand.ts'
import { edit } from '../profiles/profile-files.ts'
import { hasInclude, type IncludeName, includeLines, withInclude, withoutInclude } from './include-lines.ts'

/** The two files, and how the first names the second. */
export interface SshConfigFiles {
  /** ~/.ssh/config. */
  config: string
  /** That of our own. */
  included: string
  name: IncludeName
}

/**
 * Writes our file, and has ~/.ssh/config include it as its last lines. A command that was killed between the two is run
 * again: a file that nobody includes is no harm.
 * @param print what was done, and where ~/.ssh/config cannot be edited the lines for a person to write
 * @throws {HelperError} REFUSED, TIMED_OUT: what cannot be written, and why
 */
export async function installSshConfig(
  { config, included, name }: SshConfigFiles,
  content: string,
  print: (text: string) => void,
): Promise<void> {
  const isSame = (await readIncluded(included)) === content
  if (!isSame) {
    await writeOwnFile(included, content).catch((cause: unknown) => {
      const reason = describeError(cause)
      const message = reason.startsWith(included) ? reason : `${included} is not written: ${reason}`
      throw new HelperError('REFUSED', message, { cause, hint: `ls -ld ${shellWord(included)}` })
    })
  }
  print(`${isSame ? 'unchanged' : 'written'}: ${displayLine(included)}\n`)
  let was: 'absent' | 'there' | 'elsewhere' = 'there'
  await edit(
    config,
    true,
    (text) => {
      const after = withInclude(text, name)
      was = after === text ? 'there' : hasInclude(text, name) ? 'elsewhere' : 'absent'
      return after
    },
    { hint: 'write these lines to its end yourself' },
  ).catch((error: unknown) => {
    print(linesByHand('write into', config, `${includeLines(name).join('\n')}\n`))
    throw error
  })
  const what = {
    there: 'includes it already, as its last lines',
    elsewhere: 'includes it as its last lines now, and no longer where it did',
    absent: 'includes it, as its last lines',
  }[was]
  print(`${displayLine(config)} ${what}\n`)
}

/**
 * Takes our lines out of ~/.ssh/config, and removes our file.
 * @throws {HelperError} as for `installSshConfig`; our file is gone all the same, so that the lines lead to nothing
 */
export async function removeSshConfig(
  { config, included, name }: SshConfigFiles,
  print: (text: string) => void,
): Promise<void> {
  const isThere = (await readIncluded(included)) !== undefined
  if (isThere) {
    await rm(included, { force: true }).catch((cause: unknown) => {
      throw new HelperError('REFUSED', `${included} is not removed: ${describeError(cause)}`, {
        cause,
        hint: `rm ${shellWord(included)}`,
      })
    })
    print(`removed: ${displayLine(included)}\n`)
  }
  let hasChanged = false
  // Where there is none, none is made.
  if ((await readIncluded(config)) !== undefined) {
    await edit(
      config,
      true,
      (text) => {
        const after = withoutInclude(text, name)
        hasChanged = after !== text
        return after
      },
      { hint: 'take these lines out yourself' },
    ).catch((error: unknown) => {
      print(linesByHand('take out of', config, `${includeLines(name).join('\n')}\n`))
      throw error
    })
  }
  if (hasChanged) print(`${displayLine(config)} no longer includes it\n`)
  else if (!isThere) print('it was not installed\n')
}

/** Undefined where there is none; the empty text where it cannot be read, as in the place of something else. */
async function readIncluded(path: string): Promise<string | undefined> {
  try {
    return await readTextIfPresent(path, { maxBytes: maxSettingsBytes, isTrusted: false })
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return ''
  }
}
