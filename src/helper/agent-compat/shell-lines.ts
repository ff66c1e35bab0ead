import { scriptWord } from '../../core/text/shell-word.ts'
import type { ShellKind } from './arguments.ts'

/** The lines that a shell evaluates to find an agent (ssh-agent(1)); without a pid for one in the foreground. */
export function startLines(shell: ShellKind, socket: string, agentPid: number | undefined, shownPid: number): string {
  const set = (name: string, value: string) =>
    shell === 'csh' ? `setenv ${name} ${cshWord(value)};\n` : `${name}=${scriptWord(value)}; export ${name};\n`
  const pid = agentPid === undefined ? '' : set('SSH_AGENT_PID', String(agentPid))
  return `${set('SSH_AUTH_SOCK', socket)}${pid}echo Agent pid ${shownPid};\n`
}

/** The lines after which a shell knows no agent any more. */
export function killLines(shell: ShellKind, pid: number): string {
  const unset = shell === 'csh' ? 'unsetenv' : 'unset'
  return `${unset} SSH_AUTH_SOCK;\n${unset} SSH_AGENT_PID;\necho Agent pid ${pid} killed;\n`
}

/** The shell for whose language nobody has asked: by its name. @param path SHELL */
export function shellKind(path: string | undefined): ShellKind {
  return path?.endsWith('csh') === true ? 'csh' : 'sh'
}

/**
 * In quotes a csh still expands its history, and ends a word at the end of a line. A `!` is written outside of them, since fish,
 * which reads these lines too, knows no such escape inside.
 */
function cshWord(text: string): string {
  return scriptWord(text).replaceAll('!', "'\\!'").replaceAll('\n', '\\\n')
}
