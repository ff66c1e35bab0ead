/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environment as the caller of `latchkey` set it, for the programs that it starts. The shell script that comes before Node
 * (helper/shell-parts/start-node.sh) moves NODE_EXTRA_CA_CERTS out of the way, because Node 20 takes more than twice as long to
 * start with it, and keeps what the shell itself would drop: `NAME=VALUE`, each with a NUL after it, in base64.
 */
export function callerEnvironment(environment: Environment): Environment {
  const { LATCHKEY_EXTRA_CA_CERTS: moved, LATCHKEY_DROPPED_VARIABLES: dropped, ...rest } = environment
  return {
    ...(dropped === undefined ? {} : parseVariables(Buffer.from(dropped, 'base64').toString())),
    ...(isSet(moved) ? { NODE_EXTRA_CA_CERTS: moved } : {}),
    ...rest,
  }
}

function parseVariables(text: string): Environment {
  return Object.fromEntries(
    [...text.matchAll(/(?<=^|\0)([^=\0]+)=([^\0]*)\0/g)].map(([, name, value]) => [name, value]),
  )
}

/**
 * Variables that make Node itself write something to a place of their choice (requests with the tokens in them, coverage,
 * warnings) or load files that are not ours (node(1), ENVIRONMENT). NODE_OPTIONS is not among them, because some options
 * do no harm.
 */
export const openingNodeVariables = [
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'NODE_COMPILE_CACHE',
  'NODE_PATH',
  'OPENSSL_CONF',
] as const

/** How a service manager passes listening sockets (sd_listen_fds(3)). */
export const listenVariables = ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const

/** The file of NODE_EXTRA_CA_CERTS where this process's Node has not read it. */
export function unreadCaFile({ LATCHKEY_EXTRA_CA_CERTS: moved }: Environment): string | undefined {
  return isSet(moved) ? moved : undefined
}

/** A variable that is set but empty counts as unset (XDG Base Directory Specification). */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/** The daemon may have been started with these, which no dialog and no command that yields a code needs. */
const secretVariables = new Set(['BAO_TOKEN', 'VAULT_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])

/** Whether a variable holds a token or a key. */
export const isSecretVariable = (name: string): boolean => secretVariables.has(name)

/** The environment for a program that needs the display, the locale and the home folder, and no secret. */
export function withoutSecrets(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secretVariables.has(name)))
}
