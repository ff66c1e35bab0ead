import { maxLineLength, type PromptKind, typedLine } from './kind.ts'

/** The page. Its address must hold no secret: a program that shows it gets it as an argument, which others may see. */
export interface VisitFields {
  /** https, or http on this machine. */
  url: string
  /** A code that the person types there, or compares with one shown there. */
  userCode?: string
}

/** A page to be visited. The outcome is found out elsewhere; the person can only say that the visit is over. */
export const visit: PromptKind<VisitFields, 'done'> = {
  ...typedLine,
  isEchoed: true,
  suffix: '\npress Enter when you are done: ',
  form: 'shown',
  // Logging in somewhere takes longer than typing a code.
  patienceMs: 5 * 60_000,
  fault({ url, userCode }) {
    if (userCode !== undefined && (typeof userCode !== 'string' || userCode === '')) return 'the code is not a text'
    if (typeof url !== 'string' || !URL.canParse(url)) return 'the page has no address'
    return addressFault(new URL(url))
  },
  lines: ({ text, url, userCode }) => [
    `${text}:`,
    new URL(url).href,
    ...(userCode === undefined ? [] : [`code: ${userCode}`]),
  ],
  read: () => ({ answer: 'done' }),
}

/** Checks the address, which may come from a server. */
function addressFault({ protocol, hostname, username, password, href }: URL): string | undefined {
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) return 'the page is not https'
  // https://vault.example.com@example.net/ is a page of example.net.
  if (username !== '' || password !== '') return 'the address of the page has a user name in it'
  return href.length > maxLineLength ? 'the address of the page is too long' : undefined
}
