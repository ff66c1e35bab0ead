import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../../../src/core/files/read-file.ts'
import { token as byToken } from '../../../../src/vault/login/token.ts'
import { parseTokenHelper } from '../../../../src/vault/login/token-helper.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { loginContext, testClient } from '../../../support/vault-world.ts'

interface Given {
  environment?: Record<string, string>
  files?: Record<string, string>
  tokenFile?: string
  /** What the helper prints; an error: it fails. */
  helper?: string | Error
}

function world({ environment = {}, files = {}, tokenFile, helper = '' }: Given) {
  const runs: { command: string; args: readonly string[]; address: string | undefined }[] = []
  const context = loginContext(testClient('https://vault:8200'), {
    environment,
    address: 'https://vault:8200',
    readText: async (path) => {
      const text = files[path]
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      if (text === 'untrusted') throw new FileError('FILE_UNTRUSTED', 'not safe', { hint: 'chmod' })
      if (text === 'forbidden') throw Object.assign(new Error('forbidden'), { code: 'EACCES' })
      return text
    },
    runProgram: async (command, args, env) => {
      runs.push({ command, args, address: env.VAULT_ADDR })
      if (helper instanceof Error) throw helper
      return helper
    },
  })
  return { method: byToken.create({ method: 'token', token_file: tokenFile }, context), runs, files }
}

const home = '/home/jo/.vault-token'

describe('a token', () => {
  it.each<[string, Given, string, string]>([
    [
      'of BAO_TOKEN wins',
      { environment: { BAO_TOKEN: 'b', VAULT_TOKEN: 'v' }, files: { [home]: 'f' } },
      'b',
      'BAO_TOKEN',
    ],
    ['of VAULT_TOKEN comes next', { environment: { VAULT_TOKEN: ' v ' }, files: { [home]: 'f' } }, 'v', 'VAULT_TOKEN'],
    [
      'of VAULT_TOKEN is nothing where BAO_TOKEN is empty',
      { environment: { BAO_TOKEN: '', VAULT_TOKEN: 'v' }, files: { [home]: 'f' } },
      'f',
      home,
    ],
    ['of ~/.vault-token is trimmed', { files: { [home]: 'hvs.f\n' } }, 'hvs.f', home],
    [
      'is where BAO_TOKEN_PATH says',
      { environment: { BAO_TOKEN_PATH: '/x' }, files: { '/x': 'x', [home]: 'f' } },
      'x',
      '/x',
    ],
    [
      'of a configured file is the only one',
      { tokenFile: '/t', environment: { VAULT_TOKEN: 'v' }, files: { '/t': 't' } },
      't',
      '/t',
    ],
    [
      'of the helper wins over the file',
      { files: { '/home/jo/.vault': 'token_helper = "/bin/h"', [home]: 'f' }, helper: 'h\n' },
      'h',
      'the token helper',
    ],
    [
      'of the helper of OpenBao is asked for first',
      {
        files: { '/home/jo/.bao': 'token_helper = "/bin/b"', '/home/jo/.vault': 'token_helper = "/bin/v"' },
        helper: 'h',
      },
      'h',
      'the token helper',
    ],
    [
      'of a helper elsewhere',
      { environment: { VAULT_CONFIG_PATH: '/c' }, files: { '/c': '{"token_helper": "/bin/h"}' }, helper: 'h' },
      'h',
      'the token helper',
    ],
  ])('%s', async (_, given, text, origin) => {
    const found = await world(given).method.find(false)
    expect([found.token.expose(), found.origin]).toEqual([text, origin])
    expect(found.renewHint).not.toBe('')
  })

  it.each<[string, Given, string]>([
    ['nowhere', {}, 'VAULT_TOKEN or ~/.vault-token'],
    ['not in the configured file', { tokenFile: '/t', environment: { VAULT_TOKEN: 'v' } }, '/t'],
    [
      'not from the helper, which goes before the file',
      { files: { '/home/jo/.vault': 'token_helper = "/bin/h"', [home]: 'f' }, helper: ' ' },
      'no token',
    ],
  ])('that is %s needs a login', async (_, given, message) => {
    await expect(world(given).method.find(false)).rejects.toMatchObject({
      code: 'VAULT_LOGIN_NEEDED',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    })
  })

  it('in a file that may not be read is not taken for missing', async () => {
    await expect(world({ files: { [home]: 'forbidden' } }).method.find(false)).rejects.toMatchObject({
      code: 'VAULT_CONFIG',
      message: `${home} cannot be read: EACCES`,
    })
  })

  it('that cannot be a header is refused without showing it', async () => {
    const error: unknown = await world({ environment: { VAULT_TOKEN: 'hvs.secret\u0007x' } })
      .method.find(false)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'VAULT_CONFIG', message: expect.stringContaining('VAULT_TOKEN') })
    expect(inspect(error)).not.toContain('hvs.secret')
  })

  it('of a file is read each time', async () => {
    const { method, files } = world({ files: { [home]: 'old' } })
    await method.find(false)
    files[home] = 'new'
    expect((await method.find(false)).token.expose()).toBe('new')
  })
})

describe('the token helper', () => {
  it('is run by the shell with get and the address, and asked again only when its answer was no good', async () => {
    const { method, runs } = world({
      environment: { SHELL: '/bin/zsh' },
      files: { '/home/jo/.vault': '# mine\ntoken_helper = "/bin/h"\n' },
      helper: 'h',
    })
    await method.find(false)
    await method.find(false)
    expect(runs).toEqual([{ command: '/bin/zsh', args: ['-c', '/bin/h get'], address: 'https://vault:8200' }])
    await method.find(true)
    expect(runs).toHaveLength(2)
  })

  it.each([
    ['cannot be run', { code: 'ENOENT' }, 'failed: ENOENT'],
    ['fails', { code: 3 }, 'failed: exit status 3'],
    ['hangs', { code: null, killed: true }, 'took too long'],
  ])('that %s is named, without what it printed', async (_, failure, reason) => {
    const { method } = world({
      files: { '/home/jo/.vault': 'token_helper = "/bin/h"' },
      helper: Object.assign(new Error('printed hvs.secret'), failure),
    })
    const error: unknown = await method.find(false).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'VAULT_SECRET_MISSING',
      message: `the token helper of /home/jo/.vault ${reason}`,
      hint: 'try it: VAULT_ADDR=https://vault:8200 /bin/h get',
    })
    expect(inspect(error, { depth: 9 })).not.toContain('hvs.secret')
  })

  it.each(['%s', '"%s" --quiet', "'%s'", '~/%s'])('that others could have changed is not run: %s', async (line) => {
    const path = join(temporaryFolder(), 'helper')
    writeFileSync(path, '')
    chmodSync(path, 0o757)
    const helper = JSON.stringify(line.replace('%s', line.startsWith('~') ? `../..${path}` : path))
    const { method, runs } = world({ files: { '/home/jo/.vault': `token_helper = ${helper}` } })
    await expect(method.find(false)).rejects.toMatchObject({ code: 'VAULT_CONFIG', hint: `chmod o-w ${path}` })
    expect(runs).toEqual([])
  })

  it('and the file that names it are not believed where others could have changed that', async () => {
    const { method } = world({ files: { '/home/jo/.vault': 'untrusted' }, helper: 'h' })
    await expect(method.find(false)).rejects.toMatchObject({ code: 'VAULT_CONFIG', message: 'not safe', hint: 'chmod' })
  })

  it('of the default shell is /bin/sh', async () => {
    const { method, runs } = world({ files: { '/home/jo/.vault': 'token_helper = "/bin/h"' }, helper: 'h' })
    await method.find(false)
    expect(runs[0]!.command).toBe('/bin/sh')
  })

  it.each([
    ['token_helper = "/bin/h"', '/bin/h'],
    ['\n  token_helper="/a b/\\"h\\""\n', '/a b/"h"'],
    ['{"token_helper":"/bin/h"}', '/bin/h'],
    ['{\n  "token_helper" : "/bin/h"\n}', '/bin/h'],
    ['token_helper = ""', undefined],
    ['# token_helper = "/bin/h"', undefined],
    ['// token_helper = "/bin/h"', undefined],
    ['token_helper = "a\\q"', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('in %j is %s', (text, helper) => {
    expect(parseTokenHelper(text)).toBe(helper)
  })
})
