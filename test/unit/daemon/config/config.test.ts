import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../../src/daemon/config/config.ts'
import { parseConfig } from '../../../support/parsed-config.ts'

const file = '/home/jo/.config/latchkey/config.toml'
const whole = `
[vault.corp]
address = "https://vault.example.com:8200"
auth = { method = "userpass", username = "jo" }

[ssh.identity.ops]
role = "ops"
principals = ["ubuntu"]
ttl = "30m"

[aws.source.master]
mfa_serial = "arn:aws:iam::111122223333:mfa/jo"
session_duration = "12h"
max_key_age = "60d"

[aws.profile.dev]
account = "123456789012"
role = "DeveloperRole"
source = "master"

[aws.profile.deep]
role = "arn:aws:iam::123456789012:role/Deep"
source = "dev"
`

function mistake(toml: string): ConfigError {
  try {
    parseConfig(toml, file)
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('the configuration was accepted')
}

describe('parseConfig', () => {
  it('reads a complete configuration and fills in the defaults', () => {
    const config = parseConfig(whole, file)
    expect(config.vaults).toEqual([
      {
        name: 'corp',
        address: 'https://vault.example.com:8200',
        auth: { method: 'userpass', username: 'jo' },
        isOpen: false,
        timeout: 10,
        max_retries: 2,
        srv_lookup: false,
      },
    ])
    expect(config.identities).toEqual([
      {
        name: 'ops',
        vault: 'corp',
        mount: 'ssh',
        role: 'ops',
        principals: ['ubuntu'],
        ttl: 1800,
        renew: 'when-used',
        forward: 'never',
        confirm: 'never',
        list_key: false,
        socket: false,
        key_type: 'ed25519',
      },
    ])
    expect(config.ssh).toEqual({
      knownHosts: undefined,
      order: 'identities-first',
      unboundMax: undefined,
      addedKeysForwarded: 'all',
      lifetime: undefined,
      addedKeys: {},
      upstreams: [],
    })
    expect(config.awsSources.master).toEqual({
      mfa_serial: 'arn:aws:iam::111122223333:mfa/jo',
      session_duration: 43_200,
      max_key_age: 60 * 86_400,
    })
    expect(config.keychain).toEqual({ store: 'auto', file: undefined })
    expect(config.prompt.terminal).toBe(true)
  })

  it('reads an empty file as an empty configuration', () => {
    expect(parseConfig('', file)).toMatchObject({ vaults: [], identities: [], awsProfiles: {} })
  })

  it('reads the former name of forward, with a warning, but not both', () => {
    const identity = (settings: string) => `[vault.a]\naddress = "https://v"\n[ssh.identity.i]\nrole = "r"\n${settings}`
    const forward = (settings: string) => parseConfig(identity(settings), file).identities[0]?.forward
    expect(forward('forwarding = true\n')).toBe('allow')
    expect(forward('forwarding = false\n')).toBe('never')
    expect(mistake(identity('forwarding = true\nforward = "allow"\n')).message).toContain(
      '5:1: ssh.identity.i.forwarding: is the former name of forward: leave it out',
    )
  })

  it('takes forward = "confirm" for what is allowed when a person confirms it, and the stricter of two settings', () => {
    const identity = (settings: string) =>
      parseConfig(`[vault.a]\naddress = "https://v"\n[ssh.identity.i]\nrole = "r"\n${settings}`, file).identities[0]
    expect(identity('')).toMatchObject({ forward: 'never', confirm: 'never' })
    expect(identity('forward = "confirm"\n')).toMatchObject({ forward: 'allow', confirm: 'forwarded' })
    expect(identity('forward = "confirm"\nconfirm = "never"\n')).toMatchObject({ confirm: 'forwarded' })
    expect(identity('forward = "confirm"\nconfirm = "always"\n')).toMatchObject({ confirm: 'always' })
    expect(identity('forward = "allow"\nconfirm = "forwarded"\n')).toMatchObject({ confirm: 'forwarded' })
  })

  it('reads other agents', () => {
    const { ssh } = parseConfig('[ssh.upstream.card]\nsocket = "~/s"\nforward = "confirm"\nhosts = ["a"]\n', file)
    expect(ssh.upstreams).toEqual([
      { name: 'card', socket: '~/s', adds: [], forward: 'allow', confirm: 'forwarded', hosts: ['a'] },
    ])
    expect(mistake('[ssh.upstream.card]\n').message).toContain('socket')
  })

  it('reads which key of another agent is certified, and what that rules out', () => {
    const key = `SHA256:${'a'.repeat(43)}`
    const agent = '[ssh.upstream.card]\nsocket = "/s"\n'
    const identity = (settings: string) => `[vault.a]\naddress = "https://v"\n[ssh.identity.i]\nrole = "r"\n${settings}`
    const withKey = (more: string) => identity(`upstream_key = "${key}"\n${more}`)
    expect(parseConfig(withKey(agent), file).identities[0]?.upstream_key).toBe(key)
    for (const [text, words] of [
      [withKey(''), '5:1: ssh.identity.i.upstream_key: there is no [ssh.upstream.…] section'],
      [withKey(`key_type = "ed25519"\n${agent}`), '6:1: ssh.identity.i.key_type: no key is made beside upstream_key'],
      [withKey(`list_key = true\n${agent}`), '6:1: ssh.identity.i.list_key: the other agent lists its key itself'],
      [identity(`upstream_key = "MD5:1"\n${agent}`), '5:1: ssh.identity.i.upstream_key: not a fingerprint'],
    ] as const)
      expect(mistake(text).message).toContain(words)
  })

  it.each([
    ['[ssh.identity.i]\nmount = "../sys"\nrole = "r"\n', 'ssh.identity.i.mount: not the path of a mount'],
    ['[ssh.identity.i]\nrole = ".."\n', 'ssh.identity.i.role: not a name in a vault'],
    ['[ssh.host_ca.c]\nhosts = ["a"]\nmount = "/"\n', 'ssh.host_ca.c.mount: not the path of a mount'],
    ['[ssh.host_ca.c]\nhosts = ["a"]\nissuers = ["."]\n', 'ssh.host_ca.c.issuers.0: not a name in a vault'],
    ['[ssh.host_ca.c]\nhosts = ["a"]\nrole = "."\n', 'ssh.host_ca.c.role: not a name in a vault'],
  ])('takes no name that would lead elsewhere in a vault: %j', (section, words) => {
    expect(mistake(`[vault.a]\naddress = "https://v"\n${section}`).message).toContain(words)
  })

  it('gives each kind of key in hardware to one other agent at most', () => {
    const agent = (name: string, adds: string) => `[ssh.upstream.${name}]\nsocket = "/s"\nadds = ${adds}\n`
    const { ssh } = parseConfig(agent('card', '["sk", "pkcs11"]') + agent('other', '[]'), file)
    expect(ssh.upstreams.map(({ adds }) => adds)).toEqual([['sk', 'pkcs11'], []])
    expect(mistake(agent('card', '["sk", "pkcs11"]') + agent('other', '["pkcs11"]')).message).toContain(
      '6:1: ssh.upstream.other.adds: [ssh.upstream.card] takes "pkcs11" already',
    )
    expect(mistake(agent('card', '["tpm"]')).message).toContain('3:1: ssh.upstream.card.adds.0: must be one of')
  })

  it('reads how the agent lists', () => {
    const key = `SHA256:${'a'.repeat(43)}`
    const { ssh } = parseConfig(
      `[ssh]\nknown_hosts = ["~/hosts"]\norder = "added-first"\nunbound_max = 3\nlifetime = "1h"\nadded_keys_forwarded = "login"\n[ssh.added_key."${key}"]\nhosts = ["old.example"]\n`,
      file,
    )
    expect(ssh).toEqual({
      knownHosts: ['~/hosts'],
      order: 'added-first',
      unboundMax: 3,
      addedKeysForwarded: 'login',
      lifetime: 3600,
      addedKeys: { [key]: { hosts: ['old.example'] } },
      upstreams: [],
    })
  })

  it.each(['http://127.0.0.1:8200', 'unix:///run/vault.sock', 'https://vault.example'])(
    'reads the CAs of hosts, with their defaults: %s',
    (address) => {
      const { hostCas } = parseConfig(
        `[vault.corp]\naddress = "${address}"\n[ssh.host_ca.lab]\nhosts = ["*"]\nevery_host = true\n[ssh.host_ca.corp]\nmount = "ssh-host"\nhosts = ["*.corp"]\nissuers = ["old"]\n`,
        file,
      )
      expect(hostCas).toEqual([
        { name: 'lab', vault: 'corp', mount: 'ssh', hosts: ['*'], issuers: [] },
        { name: 'corp', vault: 'corp', mount: 'ssh-host', hosts: ['*.corp'], issuers: ['old'] },
      ])
    },
  )

  it('takes the address of a vault from the environment', () => {
    const config = parseConfig('[vault.corp]\n', file, { VAULT_ADDR: 'http://127.0.0.1:8200' })
    expect(config.vaults[0]).toMatchObject({ address: 'http://127.0.0.1:8200', auth: { method: 'token' } })
  })

  it.each([
    ['a syntax error', '[vault.corp]\naddress = nope\n', '2:11: invalid value'],
    ['an unknown table', '[vaults.corp]\n', '1:2: vaults: unknown key "vaults": did you mean vault?'],
    [
      'an unknown key',
      '[vault.corp]\nadress = "https://v"\n',
      '2:1: vault.corp.adress: unknown key "adress": did you mean address?',
    ],
    ['a missing address', '[vault.corp]\nauth = { method = "token" }\n', '1:2: vault.corp: no address'],
    [
      'an unknown method',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "retina" }\n',
      '3:10: vault.corp.auth.method: must be one of "token", "userpass", "ldap"',
    ],
    [
      'a missing user name',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "userpass" }\n',
      '3:1: vault.corp.auth.username: is missing',
    ],
    [
      'an unknown key in an inline table',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "token", x = 1 }\n',
      '3:28: vault.corp.auth.x: unknown key "x"',
    ],
    [
      'a key of other methods',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "userpass", username = "jo", inline = true }\n',
      '3:48: vault.corp.auth.inline: key "inline" goes only with method = "approle", "cert", "jwt"',
    ],
    [
      'two keys of which there may be one',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "jwt", jwt = { file = "/j", env = "J" } }\n',
      '3:26: vault.corp.auth.jwt.env: key "env" does not go with the others here',
    ],
    [
      'a choice of tables with none of them',
      '[vault.corp]\naddress = "https://v"\nauth = { method = "jwt", jwt = { fil = "/j" } }\n',
      '3:26: vault.corp.auth.jwt.file: is missing',
    ],
    [
      'a host that is none',
      '[ssh.identity.i]\nrole = "r"\nhosts = ["ok", "a b"]\n',
      '3:1: ssh.identity.i.hosts.1: not a host: write a name, a pattern such as "*.example.com", "[name]:port", or "SHA256:…"',
    ],
    [
      'a use that there is not',
      '[ssh.identity.i]\nrole = "r"\nsign = ["login", "git"]\n',
      '3:1: ssh.identity.i.sign.1: not a use: write "login", "sudo", "other", "sshsig:*", or "sshsig:git" for one namespace',
    ],
    [
      'no hosts',
      '[ssh.identity.i]\nrole = "r"\nhosts = []\n',
      '3:1: ssh.identity.i.hosts: leave it out for every host',
    ],
    [
      'hosts that are only left out',
      '[ssh.identity.i]\nrole = "r"\nhosts = ["!a", "!SHA256:x"]\n',
      '3:1: ssh.identity.i.hosts: names no host: "*" is every host that is not left out',
    ],
    [
      'a CA that is no fingerprint',
      '[ssh.identity.i]\nrole = "r"\nca = "ssh-ed25519 AAAA"\n',
      '3:1: ssh.identity.i.ca: not a fingerprint as ssh-add -l and ssh-keygen -l show it: "SHA256:…"',
    ],
    [
      'a CA in a list that is no fingerprint',
      '[ssh.identity.i]\nrole = "r"\nca = ["MD5:1"]\n',
      '3:1: ssh.identity.i.ca.0: not a fingerprint as ssh-add -l and ssh-keygen -l show it: "SHA256:…"',
    ],
    ['no CA', '[ssh.identity.i]\nrole = "r"\nca = []\n', '3:1: ssh.identity.i.ca: leave it out to take any CA'],
    [
      'an added key by another name',
      '[ssh.added_key.old]\nhosts = ["a"]\n',
      '1:2: ssh.added_key.old: not a fingerprint as ssh-add -l and ssh-keygen -l show it: "SHA256:…"',
    ],
    ['a host CA without hosts', '[ssh.host_ca.c]\nmount = "m"\n', '1:2: ssh.host_ca.c.hosts: is missing'],
    ['a host CA for nobody', '[ssh.host_ca.c]\nhosts = []\n', '2:1: ssh.host_ca.c.hosts: names no host'],
    ['a host CA that only excludes', '[ssh.host_ca.c]\nhosts = ["!a"]\n', '2:1: ssh.host_ca.c.hosts: names no host'],
    [
      'a host CA with a second line in a host',
      '[ssh.host_ca.c]\nhosts = ["a\\n@cert-authority *"]\n',
      '2:1: ssh.host_ca.c.hosts.0: not a host of known_hosts',
    ],
    [
      'a host CA for more than anybody writes',
      `[ssh.host_ca.c]\nhosts = ${JSON.stringify(Array(101).fill('a'))}\n`,
      '2:1: ssh.host_ca.c.hosts: more than 100 entries: write patterns',
    ],
    ['half a host', '[ssh]\nunbound_max = 1.5\n', '2:1: ssh.unbound_max: not a whole number'],
    ['a relative file', '[ssh]\nknown_hosts = ["hosts"]\n', '2:1: ssh.known_hosts.0: not an absolute path'],
    [
      'an unknown key of [ssh]',
      '[ssh]\nunbound = 1\n',
      '2:1: ssh.unbound: unknown key "unbound": did you mean unbound_max?',
    ],
    [
      'a browser that gets no address',
      '[aws.console]\nbrowser = ["firefox"]\n',
      '2:1: aws.console.browser: has no argument with {url}',
    ],
    [
      'a way to open pages that there is not',
      '[aws.console]\nbrowser = "lynx"\n',
      '2:1: aws.console.browser: neither "firefox-containers" nor "chrome-profiles" nor a command',
    ],
    [
      'a browser of a profile that names what there is not',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\nbrowser = ["b", "{url}", "{x}"]\n',
      '5:1: aws.profile.p.browser: has {x}, which is none of {url} {profile} {account} {color}',
    ],
    [
      'a command without a program',
      '[aws.source.m]\nmfa_process = []\n',
      '2:1: aws.source.m.mfa_process: not a command: write ["PROGRAM", "ARGUMENT"], or one line for a shell',
    ],
    ['an empty command', '[aws.source.m]\nmfa_process = ""\n', '2:1: aws.source.m.mfa_process: not a command'],
    ['a command that is a number', '[aws.source.m]\nmfa_process = 1\n', '2:1: aws.source.m.mfa_process: not a command'],
    [
      'a command with a number',
      '[aws.source.m]\nmfa_process = ["a", 1]\n',
      '2:1: aws.source.m.mfa_process: not a command',
    ],
    [
      'a program for dialogs that there is not',
      '[prompt]\nprogram = "xterm"\n',
      '2:1: prompt.program: not an absolute path (it may start with ~/), and not one of auto, none, askpass, pinentry, kdialog, zenity, osascript',
    ],
    [
      'a tag that AWS would not take',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\nsession_tags = { team = "a,b" }\n',
      '5:18: aws.profile.p.session_tags.team: a value that is not at most 256',
    ],
    [
      'a tag that is no text',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\n[aws.profile.p.session_tags]\nteam = 1\n',
      '6:1: aws.profile.p.session_tags.team: expected string, not 1',
    ],
    [
      'an endpoint in plain text',
      '[aws.source.m]\nendpoint_url = "http://sts.example.com"\n',
      '2:1: aws.source.m.endpoint_url: neither https nor of this machine',
    ],
    [
      'an endpoint and FIPS',
      '[aws.source.m]\nuse_fips_endpoint = true\nendpoint_url = "https://sts.example.com"\n',
      '3:1: aws.source.m.endpoint_url: another server, where use_fips_endpoint picks an endpoint of AWS',
    ],
    [
      'direct mode behind a role',
      '[aws.source.m]\n[aws.profile.q]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "q"\nmode = "direct"\n',
      '8:1: aws.profile.p.mode: needs a source with a long-term key, and q is a profile',
    ],
    [
      'a mode that is none',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\nmode = "fast"\n',
      '5:1: aws.profile.p.mode: must be one of "session", "direct"',
    ],
    [
      'a policy that is none',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\npolicy = "allow"\n',
      '5:1: aws.profile.p.policy: not a policy in JSON',
    ],
    ['a wrong type', '[aws.source.m]\nmfa_serial = 5\n', '2:1: aws.source.m.mfa_serial: expected string, not 5'],
    [
      'a duration out of bounds',
      '[aws.source.m]\nsession_duration = "48h"\n',
      '2:1: aws.source.m.session_duration: not a duration from 15m to 36h',
    ],
    [
      'an age out of bounds',
      '[aws.source.m]\nmax_key_age = "12h"\n',
      '2:1: aws.source.m.max_key_age: not a duration from 1d to 3650d',
    ],
    [
      'a security key',
      '[aws.source.m]\nmfa_serial = "arn:aws:iam::111122223333:u2f/user/jo/key-A"\n',
      '2:1: aws.source.m.mfa_serial: a security key or passkey, which has no codes for the API of AWS',
    ],
    [
      'what is no device',
      '[aws.source.m]\nmfa_serial = "jo"\n',
      '2:1: aws.source.m.mfa_serial: not the ARN or the serial number of an MFA device',
    ],
    [
      'what is no region',
      '[aws.source.m]\nregion = "evil.example.com/"\n',
      '2:1: aws.source.m.region: not the name of a region',
    ],
    [
      'a session name that AWS does not take',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\nsession_name = "jo doe"\n',
      '5:1: aws.profile.p.session_name: not 2 to 64 letters',
    ],
    [
      'an external id that AWS does not take',
      '[aws.source.m]\n[aws.profile.p]\nrole = "arn:aws:iam::123456789012:role/R"\nsource = "m"\nexternal_id = "x"\n',
      '5:1: aws.profile.p.external_id: not 2 to 1224 letters',
    ],
    ['a relative path', '[keychain]\nstore = "file"\nfile = "x"\n', '3:1: keychain.file: not an absolute path'],
    [
      'two principals in one',
      '[ssh.identity.ops]\nrole = "r"\nprincipals = ["a", "b,root"]\n',
      '3:1: ssh.identity.ops.principals.1: a comma separates two principals: write ["a", "b"]',
    ],
    [
      'a principal with a blank at its end',
      '[ssh.identity.ops]\nrole = "r"\nprincipals = ["a "]\n',
      '3:1: ssh.identity.ops.principals.0: begins or ends with a blank',
    ],
    ['a file without the file store', '[keychain]\nfile = "/x"\n', '2:1: keychain.file: needs store = "file"'],
    [
      'an identity of an unknown vault',
      '[vault.corp]\naddress = "https://v"\n[ssh.identity.ops]\nvault = "crop"\nrole = "r"\n',
      '4:1: ssh.identity.ops.vault: unknown vault "crop": did you mean corp?',
    ],
    [
      'a host CA for every host',
      '[vault.corp]\naddress = "https://v"\n[ssh.host_ca.c]\nhosts = ["a", "*"]\n',
      '4:1: ssh.host_ca.c.hosts: fits every host: name your domain, such as "*.example.com", or set every_host = true',
    ],
    [
      'a host CA of an unknown vault',
      '[vault.corp]\naddress = "https://v"\n[ssh.host_ca.c]\nvault = "crop"\nhosts = ["a"]\n',
      '4:1: ssh.host_ca.c.vault: unknown vault "crop": did you mean corp?',
    ],
    [
      'a host CA that others could replace on the way',
      '[vault.corp]\naddress = "http://vault.example"\n[ssh.host_ca.c]\nhosts = ["a"]\n',
      '3:2: ssh.host_ca.c.vault: its vault "corp" is not reached by https',
    ],
    [
      'an identity without any vault',
      '[ssh.identity.ops]\nrole = "r"\n',
      '1:2: ssh.identity.ops: there is no [vault.…] section',
    ],
    [
      'a profile of an unknown source',
      '[aws.profile.dev]\naccount = "123456789012"\nrole = "R"\nsource = "mater"\n[aws.source.master]\n',
      '4:1: aws.profile.dev.source: unknown source or profile "mater": did you mean master?',
    ],
    [
      'a role without an account',
      '[aws.profile.dev]\nrole = "R"\nsource = "master"\n[aws.source.master]\n',
      '2:1: aws.profile.dev.role: needs account as well',
    ],
    [
      'a client certificate without its key',
      '[vault.corp]\naddress = "https://v"\nclient_cert_file = "/c"\n',
      '3:1: vault.corp.client_cert_file: needs client_key_file',
    ],
    [
      'a client key without its certificate',
      '[vault.corp]\naddress = "https://v"\nclient_key_file = "/k"\n',
      '3:1: vault.corp.client_key_file: needs client_cert_file',
    ],
    [
      'a name that objects have',
      '[aws.source.m]\n[aws.source.constructor]\n',
      '2:2: aws.source.constructor: this name',
    ],
    [
      'a key that is nested too deeply',
      `\n[vault.corp]\nx${'.a'.repeat(200_000)} = 1\n`,
      '3:1: vault.corp.x.a.a.a.a.a.a: no key is nested so deeply',
    ],
    ['a table that is nested too deeply', `[x${'.a'.repeat(200_000)}]\n`, '1:2: x.a.a.a.a.a.a.a.a: no key is nested'],
    ['a list that is nested too deeply', `\na = ${'['.repeat(200_000)}`, '2:'],
    ['a name that is empty', '[aws.source."m"]\n[aws.source.""]\n', '2:2: aws.source.: is empty'],
    ['a name that a command would take for an option', '[vault.-x]\n', '1:2: vault.-x: begins with a hyphen'],
    ['a name that would break a line', '[aws.source."a\\nb"]\n', '1:1: aws.source.a\nb: is empty, or holds control'],
  ])('names position and reason of %s', (_, toml, expected) => {
    const error = mistake(toml)
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${file}:${expected}`)
    expect(error.hint).toBe(`edit ${file}`)
  })

  it('finds the place of a mistake among very long lines in a time that grows only linearly with them', () => {
    const long = 'a'.repeat(200_000)
    const odd = [`"${long}"`, `${' '.repeat(200_000)}x`, `${'"a".'.repeat(40_000)}`, `[${long}`, '{a='.repeat(60_000)]
    const toml = `[vault.k]\naddress = "https://v"\nnamespace = '''\n${odd.join('\n')}\n'''\n[aws.source.m]\nmfa_serial = 5\n`
    expect(mistake(toml).message).toContain(`${file}:11:1: aws.source.m.mfa_serial: expected string`)
    expect(mistake(`[aws.source.${long}]\n[aws.profile.p]\nrole = "arn:r"\nsource = "${long}b"\n`).message).toContain(
      'unknown source or profile',
    )
  })

  it('accepts the name of a method as a name', () => {
    const toml = '[aws.source.valueOf]\n[aws.profile.toString]\nrole = "arn:aws:iam::1:role/R"\nsource = "valueOf"\n'
    expect(Object.keys(parseConfig(toml, file).awsProfiles)).toEqual(['toString'])
  })

  it('finds the second of two tables that have a key of the same name', () => {
    const toml = '[vault.a]\naddress = "https://a"\n[vault.b]\naddress = "ftp://b"\n'
    expect(mistake(toml).message).toContain(`${file}:4:1: vault.b.address: not an http`)
  })
})
