import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')

/** What each room may import besides itself; `keychain` means its port alone. docs/ARCHITECTURE.md draws it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['core'],
  prompts: ['core'],
  ssh: ['core'],
  agent: ['ssh', 'core'],
  vault: ['ssh', 'http', 'keychain/keychain.ts', 'prompts', 'core'],
  aws: ['http', 'keychain/keychain.ts', 'prompts', 'core'],
  keychain: ['core'],
  ipc: ['http', 'core'],
  // How a question is put and its answer read, on the built-ins-only path too: the table of kinds, and nothing else.
  // It also serves on loopback, takes what contradicts that out of a copy of the AWS config file, and writes and reads
  // profiles and links: pure codecs, all of them.
  helper: [
    'ipc',
    'http',
    'aws/check/',
    'aws/config/default-credentials.ts',
    'aws/files/',
    'aws/links/',
    'prompts/kinds.ts',
    // The files of private keys are read by the command: what is in them may take long, or be hostile.
    'ssh/key-files/',
    'ssh/public-key-line.ts',
    // known_hosts is the user's own, and the command writes into it.
    'ssh/known-hosts/',
    'core',
  ],
  dev: ['ssh', 'http', 'core'],
  daemon: ['core', 'prompts', 'ssh', 'agent', 'vault', 'aws', 'keychain', 'ipc', 'http'],
}
/** The embedded servers belong to one command only. */
const extraEdges: Readonly<Record<string, readonly string[]>> = { 'helper/commands/dev.ts': ['dev'] }

/** Effects stay at the edges: a file that is not listed here takes them as arguments. */
const effectOwners: readonly { effect: RegExp; owners: readonly RegExp[] }[] = [
  { effect: /\bDate\.now\(|\bnew Date\(\)/, owners: [/^core\/time\/clock\.ts$/, /^helper\//] },
  {
    effect: /(?<![.\w])set(Timeout|Interval)\(|\bAbortSignal\.timeout\(/,
    owners: [/^core\/time\/clock\.ts$/, /^helper\//],
  },
  { effect: /\bMath\.random\(/, owners: [/^daemon\/main\.ts$/] },
  { effect: /\bprocess\.env\b/, owners: [/^daemon\/(compat\/)?main\.ts$/, /^helper\//, /^main\.ts$/] },
  { effect: /(?<![.\w])fetch\(/, owners: [] },
]

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const text = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

/** What is loaded at once with a file, types left out: the files of ours, and the packages. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const statements = (text.get(file) ?? '').matchAll(/^(?:import|export) (?!type )[\w\s{},*]*from '([^']+)'/gm)
  for (const [, specifier] of statements) {
    loadedWith(specifier!.startsWith('.') ? relative(src, join(src, dirname(file), specifier!)) : specifier!, seen)
  }
  return seen
}

function importsOf(file: string): string[] {
  const specifiers = text.get(file)!.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier]) => relative(src, join(src, dirname(file), specifier!)))
}

const roomOf = (file: string) => file.split('/')[0]!

function mayImport(file: string, target: string): boolean {
  // src/main.ts chooses between the command line and the daemon.
  if (!file.includes('/')) return true
  const room = roomOf(file)
  if (room === roomOf(target)) return true
  return [...allowed[room]!, ...(extraEdges[file] ?? [])].some(
    (entry) => entry === roomOf(target) || entry === target || (entry.endsWith('/') && target.startsWith(entry)),
  )
}

/** What is wrong with a file as a text. */
function flawsOf(file: string, source: string): string[] {
  const lines = source.trimEnd().split('\n')
  const isSilent = (line: string, index: number) =>
    /^export (async |abstract )?(function|class|const|interface|type|enum)/.test(line) &&
    lines
      .slice(0, index)
      .findLast((before) => !before.startsWith('//'))
      ?.endsWith('*/') !== true
  return [
    ...(lines.length > 250 ? [`${file}: ${lines.length} lines`] : []),
    ...lines.flatMap((line, index) => (isSilent(line, index) ? [`${file}:${index + 1}: ${line}`] : [])),
  ]
}

describe('the architecture', () => {
  it('has only the rooms that are drawn', () => {
    const rooms = new Set(files.filter((file) => file.includes('/')).map(roomOf))
    expect([...rooms].sort()).toEqual(Object.keys(allowed).sort())
  })

  it('imports in the allowed directions only, types included', () => {
    const wrong = files.flatMap((file) =>
      imports
        .get(file)!
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} → ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('loads nothing but built-ins on the fast path of credential_process', () => {
    const loaded = [...loadedWith('main.ts')]
    expect(loaded).toContain('ipc/client/client.ts')
    const packages = loaded.filter((name) => !text.has(name) && !name.startsWith('node:'))
    expect(packages).toEqual([])
  })

  it('has no configuration, API, keychain, Vault or AWS in the agent that takes the place of ssh-agent', () => {
    const loaded = [...loadedWith('agent-compat-command.ts'), ...loadedWith('daemon/compat/main.ts')]
    expect(loaded).toContain('agent/agent.ts')
    const foreign =
      /^((keychain|vault|aws|http|dev)\/|daemon\/(config|api|static-keys|names|host-ca)\/|ipc\/(?!sockets\/|ipc-error))/
    expect(loaded.filter((name) => foreign.test(name))).toEqual([])
  })

  it('has no import cycle, types included', () => {
    const done = new Set<string>()
    const cycleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
      if (done.has(file)) return undefined
      for (const target of imports.get(file) ?? []) {
        const cycle = cycleFrom(target, [...path, file])
        if (cycle !== undefined) return cycle
      }
      done.add(file)
      return undefined
    }
    expect(files.map((file) => cycleFrom(file, [])).filter((cycle) => cycle !== undefined)).toEqual([])
  })

  it('keeps clocks, randomness, environment and fetch at the edges', () => {
    const wrong = effectOwners.flatMap(({ effect, owners }) =>
      files
        .filter((file) => roomOf(file) !== 'dev' || !/Date/.test(effect.source))
        .filter((file) => effect.test(text.get(file)!) && !owners.some((owner) => owner.test(file)))
        .map((file) => `${file}: ${effect.source}`),
    )
    expect(wrong).toEqual([])
  })

  it('knows of each login method in its own file and in the list of them', () => {
    const methods = files.filter(
      (file) => file.startsWith('vault/login/') && /= defineLoginMethod\(/.test(text.get(file)!),
    )
    const users = methods.map((method) => files.filter((file) => imports.get(file)!.includes(method)))
    expect(users).toEqual(methods.map(() => ['vault/login/login-methods.ts']))
    expect(methods.length).toBeGreaterThan(2)
  })

  it('has no barrel and no drawer', () => {
    expect(files.filter((file) => /(^|\/)(index|utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([])
  })

  it('has files that can be read in a sitting, whose exports all say what they are', () => {
    expect([...text].flatMap(([file, source]) => flawsOf(file, source))).toEqual([])
  })

  it('says nothing of six lines twice', () => {
    const places = new Map<string, string[]>()
    for (const [file, source] of text) {
      const lines = source
        .split('\n')
        .flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]))
      for (const [index, { number }] of lines.slice(0, -5).entries()) {
        const six = lines
          .slice(index, index + 6)
          .map(({ line }) => line.trim())
          .join('\n')
        places.set(six, [...(places.get(six) ?? []), `${file}:${number}`])
      }
    }
    expect([...places.values()].filter(({ length }) => length > 1)).toEqual([])
  })

  it('has mostly short files, and a small part of it for development', () => {
    const lines = new Map([...text].map(([file, source]) => [file, source.trimEnd().split('\n').length]))
    const sizes = [...lines.values()].sort((a, b) => a - b)
    expect(sizes[sizes.length >> 1]).toBeLessThanOrEqual(80)
    const sum = (of: (file: string) => boolean) =>
      [...lines].reduce((total, [file, count]) => total + (of(file) ? count : 0), 0)
    expect(sum((file) => roomOf(file) === 'dev') / sum(() => true)).toBeLessThanOrEqual(0.2)
  })
})

describe('the doubles', () => {
  const folder = join(root, 'test/doubles')
  const doubles = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const textOf = new Map(doubles.map((file) => [join('test/doubles', file), readFileSync(join(folder, file), 'utf8')]))
  const devFiles = files.filter((file) => roomOf(file) === 'dev')

  it('are made of the embedded servers, and of what those are made of', () => {
    const mayUse = /^(test\/doubles|src\/(dev|ssh|http|core))\//
    const wrong = [...textOf].flatMap(([file, source]) =>
      [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
        .map(([, specifier]) => join(dirname(file), specifier!))
        .filter((target) => !mayUse.test(target))
        .map((target) => `${file} → ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('lie in folders that mirror those of the embedded servers', () => {
    const own = new Set(devFiles.map((file) => dirname(file.replace(/^dev\//, ''))))
    const others = new Set(doubles.map((file) => dirname(file)).filter((name) => !own.has(name)))
    // Entities are not built into the embedded Vault at all, and it listens in one way only.
    expect([...others].sort()).toEqual(['vault/http', 'vault/identity'])
  })

  it('have short files, whose exports all say what they are', () => {
    expect([...textOf].flatMap(([file, source]) => flawsOf(file, source))).toEqual([])
  })
})
