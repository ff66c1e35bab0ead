import { join } from 'node:path'
import type { Environment } from '../../core/places/environment.ts'
import type { SshSettings } from './ssh-settings.ts'

/** What paths may refer to. */
export interface PathMeaning {
  environment: Environment
  home: string
  /** As it was typed. */
  host: string
  settings: Pick<SshSettings, 'user' | 'hostname' | 'port'>
}

/**
 * What ssh makes of the path of a file: `~`, `${NAME}`, and of ssh_config(5), TOKENS, those that do not depend on this machine.
 * What is not known stays, so that no file is found there.
 */
export function expandPath(path: string, { environment, home, host, settings }: PathMeaning): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: home,
    h: settings.hostname,
    n: host,
    p: String(settings.port),
    r: settings.user,
  }
  const expanded = path
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole)
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
  return expanded.startsWith('~/') ? join(home, expanded.slice(2)) : expanded
}
