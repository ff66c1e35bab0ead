import { Secret } from '../../core/secret.ts'
import { maxLineLength, type PromptKind, typedLine } from './kind.ts'

/** The page. */
export interface VisitFields {
  /** https, or http on this machine. */
  url: string
  /** A code that the person types there, or compares with one shown there. */
  userCode?: string
  /**
   * An address on this machine that leads there. It is what goes into the arguments of a program, which other users may
   * see; absent: `url` is.
   */
  link?: string
  /** The address of the page that the browser ends on may be typed: it may be on a machine that does not reach this one. */
  takesAddress?: boolean
}

/** A page to be visited. The outcome is found out elsewhere; the person can say that the visit is over, or where it led. */
export const visit: PromptKind<VisitFields, 'done' | Secret<string>> = {
  ...typedLine,
  isEchoed: true,
  suffix: '\npress Enter when you are done: ',
  form: 'shown',
  // Logging in somewhere takes longer than typing a code.
  patienceMs: 5 * 60_000,
  fault({ url, userCode, link, takesAddress }) {
    if (userCode !== undefined && (typeof userCode !== 'string' || userCode === '')) return 'the code is not a text'
    if (takesAddress !== undefined && typeof takesAddress !== 'boolean') return 'it is neither typed nor not typed'
    if (typeof url !== 'string' || !URL.canParse(url)) return 'the page has no address'
    if (link !== undefined && (typeof link !== 'string' || !URL.canParse(link) || !isHere(new URL(link)))) {
      return 'its link does not lead to this machine'
    }
    return addressFault(new URL(url))
  },
  lines: ({ text, url, userCode, takesAddress }) => [
    `${text}:`,
    new URL(url).href,
    ...(userCode === undefined ? [] : [`code: ${userCode}`]),
    ...(takesAddress === true
      ? [
          'if its last page cannot be reached, because the browser is on another machine, paste the address of that page',
        ]
      : []),
  ],
  forProgram: (question) => ({ ...question, url: question.link ?? question.url, takesAddress: false }),
  read(typed, { takesAddress }) {
    const text = typed.trim()
    if (takesAddress !== true || text === '') return { answer: 'done' }
    if (/^https?:\/\//.test(text) && URL.canParse(text)) return { answer: new Secret(text) }
    return { complaint: 'paste the whole address, or press Enter' }
  },
}

function isHere({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** Checks the address, which may come from a server. */
function addressFault(url: URL): string | undefined {
  if (url.protocol !== 'https:' && !isHere(url)) return 'the page is not https'
  // https://vault.example.com@example.net/ is a page of example.net.
  if (url.username !== '' || url.password !== '') return 'the address of the page has a user name in it'
  return url.href.length > maxLineLength ? 'the address of the page is too long' : undefined
}
