/** Which principals log in as a user. */
export interface PrincipalsOfUser {
  user: string
  names: readonly string[]
}

// As useradd(8) has it; sshd would read others as patterns (`Match User`).
const userForm = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/
// Blanks separate options from a principal, # begins a comment (sshd_config(5), AuthorizedPrincipalsFile); the shell and
// YAML have nothing to quote in the rest.
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.@:+=-]{0,255}$/

/** What is wrong with `USER=a,b`, in words; undefined if nothing is. */
export function principalsMistake(text: string): string | undefined {
  const at = text.indexOf('=')
  if (at < 1) return 'write USER=PRINCIPAL,PRINCIPAL, such as ubuntu=ops,dev'
  if (!userForm.test(text.slice(0, at))) return 'the user before = is no name of a user'
  const names = text.slice(at + 1).split(',')
  if (names.every((name) => nameForm.test(name))) return undefined
  return 'a principal has letters, digits and _ . @ : + = - (no blank, no line break, no /)'
}

/** Reads `USER=a,b`, in which `principalsMistake` has found none. */
export function parsePrincipals(text: string): PrincipalsOfUser {
  const at = text.indexOf('=')
  return { user: text.slice(0, at), names: [...new Set(text.slice(at + 1).split(','))] }
}

/** One entry for each user, however often they were named. */
export function mergePrincipals(all: readonly PrincipalsOfUser[]): readonly PrincipalsOfUser[] {
  const users = [...new Set(all.map(({ user }) => user))]
  return users.map((user) => {
    const names = all.filter((one) => one.user === user).flatMap((one) => one.names)
    return { user, names: [...new Set(names)] }
  })
}
