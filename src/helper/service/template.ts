import { HelperError } from '../fast/failure.ts'

/** What the templates in packaging/ leave open. */
export interface TemplateValues {
  /** Absolute path of the node binary. */
  node: string
  /** Absolute path of latchkey.cjs. */
  latchkey: string
  /** Where launchd writes the daemon's log. */
  log?: string
}

/** Fills in a systemd unit: paths become words of ExecStart= (systemd.service(5), COMMAND LINES). */
export function fillUnit(template: string, { node, latchkey }: TemplateValues): string {
  // In arguments a dollar sign begins a variable; in the program's own path it does not.
  return fill(template, { NODE: systemdWord(node), LATCHKEY: systemdWord(latchkey).replaceAll('$', '$$$$') })
}

/** Fills in a property list. */
export function fillPlist(template: string, { node, latchkey, log = '/dev/null' }: TemplateValues): string {
  return fill(template, { NODE: xmlText(node), LATCHKEY: xmlText(latchkey), LOG: xmlText(log) })
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/@([A-Z]+)@/g, (placeholder, name: string) => values[name] ?? placeholder)
}

function systemdWord(path: string): string {
  refuseControlCharacters(path)
  // A percent sign begins a specifier everywhere in a unit (systemd.unit(5), SPECIFIERS).
  const word = path.replaceAll('%', '%%')
  return /^[\w./+@:,=%-]+$/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`
}

function xmlText(path: string): string {
  refuseControlCharacters(path)
  return path.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function refuseControlCharacters(path: string): void {
  if (!/\p{Cc}/u.test(path)) return
  throw new HelperError('SERVICE_FAILED', `a service cannot be started from a path with a line break: ${path}`, {
    hint: 'install latchkey in another folder',
  })
}
