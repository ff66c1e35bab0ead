import type { Environment } from '../../core/places/environment.ts'

/**
 * What points ssh at the service's agent, which is ready.
 * @param agentSocket where the service listens
 */
export function formatDirections(agentSocket: string, environment: Environment): string {
  const { LATCHKEY_RUNTIME_DIR } = environment
  const warning =
    LATCHKEY_RUNTIME_DIR && !agentSocket.startsWith(`${LATCHKEY_RUNTIME_DIR}/`)
      ? `\nLATCHKEY_RUNTIME_DIR is ${LATCHKEY_RUNTIME_DIR} here, and the service does not know it: unset it\n`
      : ''
  return `
the service is ready. To point ssh at it:
  latchkey ssh config --install
or, for other programs as well, put this into your shell's profile:
  export SSH_AUTH_SOCK="${withVariable(agentSocket, environment)}"
${warning}`
}

/** A profile is often shared between machines, on which the variable differs. */
function withVariable(path: string, environment: Environment): string {
  for (const name of ['XDG_RUNTIME_DIR', 'HOME'] as const) {
    const folder = environment[name]
    if (folder && path.startsWith(`${folder}/`)) return `$${name}${path.slice(folder.length)}`
  }
  return path
}
