import { displayLine } from '../../core/display-text.ts'
import { Secret } from '../../core/secret.ts'
import type { LentPrompt } from '../../ipc/protocol.ts'

/** Reads one line from the person; undefined when cancelled. */
export type ReadLine = (prompt: string, options: { echo: boolean }) => Promise<Secret<string> | undefined>

/**
 * Puts a lent question until the answer can be right in form. A code is shown while it is typed, as other AWS tools do:
 * it is spent with its first use. Passwords and tokens are not.
 */
export async function askLentPrompt(prompt: LentPrompt, readLine: ReadLine): Promise<Secret<string> | undefined> {
  let notice = prompt.notice
  for (;;) {
    const before = notice === undefined ? '' : `${displayLine(notice)}\n`
    const line = await readLine(`${before}${displayLine(prompt.text)}: `, { echo: prompt.kind === 'mfa-code' })
    if (line === undefined) return undefined
    const { answer, complaint } = check(prompt.kind, line.expose())
    if (answer !== undefined) return new Secret(answer)
    notice = complaint
  }
}

function check(kind: LentPrompt['kind'], text: string): { answer?: string; complaint?: string } {
  switch (kind) {
    case 'mfa-code': {
      // Authenticator apps show `123 456`.
      const digits = text.replaceAll(' ', '')
      return /^\d{6}$/.test(digits) ? { answer: digits } : { complaint: 'a code is 6 digits' }
    }
    case 'password':
    case 'token':
      return text === '' ? { complaint: 'nothing was typed (Ctrl-C cancels)' } : { answer: text }
  }
}
