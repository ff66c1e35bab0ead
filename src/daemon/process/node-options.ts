/**
 * The options of node with which the daemon may run: those of packaging/, and a few that a machine or a network may
 * need. A list of what is allowed, because node has hundreds of options, more with each version, that write memory,
 * requests or profiles somewhere, load code, open ports, or weaken TLS, HTTP parsing or the end on a fault
 * (`node --help`, `node --v8-options` of Node 20, 22 and 24).
 */
const allowed: readonly RegExp[] = [
  // How much memory, and how little. Not --secure-heap: a full one ends the process (docs/adr/0019-no-secure-heap.md).
  /^--(max|min|initial)-(semi-space|old-space|heap)-size(-percentage)?$/,
  /^--(optimize-for-size|lite-mode|(no-)?memory-reducer|v8-pool-size|stack-trace-limit|title)$/,
  // Whom TLS trusts, and TLS versions no older than what we ask for.
  /^--use-(openssl|bundled|system)-ca$/,
  /^--tls-(min|max)-v1\.[23]$/,
  // How a host is reached.
  /^--dns-result-order$/,
  /^--(no-|enable-)?network-family-autoselection(-attempt-timeout)?$/,
  // What is not printed to stderr.
  /^--(no-warnings|no-deprecation|disable-warning)$/,
]

/**
 * The first option that is not allowed, without its value.
 * @param options as node got them: a value that is separate from its option is an entry of its own
 */
export function refusedOption(options: readonly string[]): string | undefined {
  // A value belongs to the option before it, which has been checked.
  return options
    .filter((option) => option.startsWith('-'))
    .map(optionName)
    .find((name) => !allowed.some((pattern) => pattern.test(name)))
}

/** The name of an option without its value. Node reads `_` as `-`. */
function optionName(option: string): string {
  return option.split('=', 1)[0]!.replaceAll('_', '-')
}

/** The options in NODE_OPTIONS, split as Node does: at blanks, but not within double quotes. */
export function splitNodeOptions(text: string): string[] {
  return (text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? []).map((option) => option.replaceAll('"', ''))
}
