/**
 * Whether a request was meant for a server on this machine, judged by its Host (RFC 9110 §7.2). A web page whose own
 * domain was made to resolve to this machine (DNS rebinding) sends that domain.
 */
export function isLoopbackHost(host: string | undefined, port: number): boolean {
  const [, name, given = '80'] = /^(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i.exec(host ?? '') ?? []
  return name !== undefined && Number(given) === port
}
