/** The answer to one command of the Assuan protocol: the data lines before it, and whether it is OK or ERR. */
export type AssuanReply =
  | { isOk: true; data: string }
  /** @param code that of the error alone, without who it is from (libgpg-error) */
  | { isOk: false; code: number; text: string }

/** A text as an argument of a command (Assuan manual, "Client requests"): what would end the line is escaped. */
export function escapeAssuan(text: string): string {
  return text.replace(/[%\r\n]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
}

/** Reads the escapes of a data line: bytes of UTF-8, so that one letter may be several of them. */
function unescapeAssuan(text: string): string {
  const parts = text.split(/((?:%[0-9A-Fa-f]{2})+)/)
  return parts.map((part, index) => (index % 2 === 0 ? part : utf8Of(part))).join('')
}

const utf8Of = (escapes: string) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8')

/**
 * Puts the lines of a server together to replies (Assuan manual, "Server responses"). Status lines and comments are passed
 * over.
 * @returns a function that takes a line, and returns the reply that it completes
 */
export function createAssuanReader(): (line: string) => AssuanReply | undefined {
  let data = ''
  return (line) => {
    const [word = ''] = line.split(' ', 1)
    const rest = line.slice(word.length + 1)
    switch (word) {
      case 'D':
        data += unescapeAssuan(rest)
        return undefined
      case 'OK': {
        const reply = { isOk: true, data } as const
        data = ''
        return reply
      }
      case 'ERR': {
        data = ''
        const [number = '', ...words] = rest.split(' ')
        return { isOk: false, code: Number(number) & 0xffff, text: words.join(' ') }
      }
      default:
        return undefined
    }
  }
}
