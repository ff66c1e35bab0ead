/** What ssh would do, as `ssh -G` prints it (ssh_config(5)). Files are as they stand there: see `expandPath`. */
export interface SshSettings {
  user: string
  /** Where it connects to, and how it looks it up in known_hosts where that is another name. */
  hostname: string
  port: number
  hostKeyAlias: string | undefined
  /** Undefined: the agent of SSH_AUTH_SOCK. */
  identityAgent: string | undefined
  identityFiles: readonly string[]
  certificateFiles: readonly string[]
  identitiesOnly: boolean
  /** Whether it offers keys at all. */
  usesKeys: boolean
  /** Algorithms of keys that it offers; undefined where they are not told. */
  acceptedAlgorithms: readonly string[] | undefined
  hostKeyAlgorithms: readonly string[]
  /** All of them; those of the user come first. */
  knownHostsFiles: readonly string[]
  globalKnownHostsFiles: readonly string[]
  hashesKnownHosts: boolean
  /** `ask`, `yes`, `accept-new`, `no`. */
  strictHostKeyChecking: string
  forwardsAgent: boolean
  forwardsPorts: boolean
  wantsTerminal: boolean
  /** The hosts of ProxyJump, the nearest first. */
  hops: readonly string[]
  proxyCommand: string | undefined
}

/** Whether a version of OpenSSH, as `ssh -V` says it, tries an agent's certificates before its plain keys: from 10.5 on. */
export const triesCertificatesFirst = (version: string): boolean => isSince(version, 10, 5)

/**
 * Whether `Match exec` has `%k`, the name in known_hosts: from 8.4 on. An older ssh gives up at a token that it does not know.
 * Without HostKeyAlias it is what `%h` is (match_cfg_line of readconf.c), unlike what ssh_config(5) says of it.
 */
export const hasKnownHostToken = (version: string): boolean => isSince(version, 8, 4)

function isSince(version: string, wantedMajor: number, wantedMinor: number): boolean {
  const [, major, minor] = /^OpenSSH_(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) * 100 + Number(minor) >= wantedMajor * 100 + wantedMinor
}

/** Older versions of ssh print yes and no in some places, newer ones true and false. */
const isYes = (value: string | undefined) => value === 'yes' || value === 'true'
const isNo = (value: string | undefined) => value === 'no' || value === 'false'
const list = (value: string | undefined, separator: string | RegExp) =>
  (value ?? '').split(separator).filter((part) => part !== '')
/** A blank before what begins a path: others are in one, since ssh prints no quotes. */
const betweenPaths = / (?=[/~%$]|none(?: |$))/

/** Reads the output of `ssh -G`: a setting in each line. @returns undefined where it is none */
export function parseSshSettings(lines: readonly string[]): SshSettings | undefined {
  const all = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const key = name.toLowerCase()
    all.set(key, [...(all.get(key) ?? []), value])
  }
  const values = (name: string) => all.get(name) ?? []
  const value = (name: string) => values(name)[0]
  const given = (name: string) => (value(name) === 'none' ? undefined : value(name))
  const [user, hostname, port] = [value('user'), value('hostname'), Number(value('port'))]
  if (user === undefined || hostname === undefined || !Number.isInteger(port)) return undefined
  const globalKnownHostsFiles = list(value('globalknownhostsfile'), betweenPaths)
  const methods = value('preferredauthentications')
  const algorithms = value('pubkeyacceptedalgorithms') ?? value('pubkeyacceptedkeytypes')
  return {
    user,
    hostname,
    port,
    hostKeyAlias: given('hostkeyalias'),
    identityAgent: value('identityagent'),
    identityFiles: values('identityfile').filter((file) => file !== 'none'),
    certificateFiles: values('certificatefile').filter((file) => file !== 'none'),
    identitiesOnly: isYes(value('identitiesonly')),
    usesKeys:
      !isNo(value('pubkeyauthentication')) && (methods === undefined || methods.split(',').includes('publickey')),
    // With a sign in front it would still have to be applied to ssh's own list.
    acceptedAlgorithms: algorithms === undefined || /^[+^-]/.test(algorithms) ? undefined : list(algorithms, ','),
    hostKeyAlgorithms: list(value('hostkeyalgorithms'), ','),
    knownHostsFiles: [...list(value('userknownhostsfile'), betweenPaths), ...globalKnownHostsFiles],
    globalKnownHostsFiles,
    hashesKnownHosts: isYes(value('hashknownhosts')),
    strictHostKeyChecking: value('stricthostkeychecking') ?? 'ask',
    forwardsAgent: !isNo(value('forwardagent') ?? 'no'),
    forwardsPorts: ['localforward', 'remoteforward', 'dynamicforward'].some((name) => all.has(name)),
    wantsTerminal: !isNo(value('requesttty')),
    hops: list(given('proxyjump'), ','),
    proxyCommand: given('proxycommand'),
  }
}

/** The name under which known_hosts has the host: that is how ssh looks for it. */
export function knownName({ hostKeyAlias, hostname, port }: SshSettings): string {
  return hostKeyAlias ?? (port === 22 ? hostname : `[${hostname}]:${port}`)
}
