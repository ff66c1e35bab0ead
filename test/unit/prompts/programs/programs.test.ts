import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Environment } from '../../../../src/core/places/environment.ts'
import { findPrograms, programChoices } from '../../../../src/prompts/programs/programs.ts'

const all = [
  'pinentry',
  'pinentry-gnome3',
  'pinentry-qt',
  'pinentry-gtk-2',
  'pinentry-mac',
  'kdialog',
  'zenity',
  'osascript',
  'ssh-askpass',
]

/** What is found, as `style path`, or why nothing is. */
function find(
  choice: string,
  environment: Environment,
  { names = all, platform = 'linux' }: { names?: readonly string[]; platform?: NodeJS.Platform } = {},
): readonly string[] | string {
  const places = new Map(names.map((name) => [name, name.startsWith('/') ? name : `/usr/bin/${name}`]))
  const result = findPrograms(choice, { environment, platform, find: (name) => places.get(name) })
  return 'whyNone' in result ? result.whyNone : result.found.map(({ program, path }) => `${program.name} ${path}`)
}

it('knows the programs that have a file', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../../src/prompts/programs'))
  const parts = ['ask-program', 'assuan', 'dialog', 'list-answer', 'programs']
  const names = files.map((file) => file.replace('.ts', '')).filter((name) => !parts.includes(name))
  expect([...programChoices].sort()).toEqual([...names, 'auto', 'none'].sort())
})

describe('programs that are found by themselves', () => {
  it('come in one order', () => {
    expect(find('auto', { DISPLAY: ':0', SSH_ASKPASS: '/opt/askpass' }, { names: [...all, '/opt/askpass'] })).toEqual([
      'askpass /opt/askpass',
      'pinentry /usr/bin/pinentry',
      'pinentry /usr/bin/pinentry-gnome3',
      'pinentry /usr/bin/pinentry-qt',
      'pinentry /usr/bin/pinentry-gtk-2',
      'pinentry /usr/bin/pinentry-mac',
      'kdialog /usr/bin/kdialog',
      'zenity /usr/bin/zenity',
      'osascript /usr/bin/osascript',
      'askpass /usr/bin/ssh-askpass',
    ])
  })

  it('are tried once, also where SSH_ASKPASS names one that would be found anyway', () => {
    const SSH_ASKPASS = '/usr/bin/ssh-askpass'
    const names = ['zenity', 'ssh-askpass', SSH_ASKPASS]
    expect(find('auto', { DISPLAY: ':0', SSH_ASKPASS }, { names })).toEqual([
      'askpass /usr/bin/ssh-askpass',
      'zenity /usr/bin/zenity',
    ])
  })

  it.each<[Environment, NodeJS.Platform, boolean]>([
    [{}, 'linux', false],
    [{ DISPLAY: '' }, 'linux', false],
    [{ DISPLAY: ':0' }, 'linux', true],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
    [{}, 'darwin', true],
  ])('need a display, which macOS always has: %j on %s', (environment, platform, isFound) => {
    expect(find('auto', environment, { names: ['zenity'], platform })).toEqual(
      isFound ? ['zenity /usr/bin/zenity'] : 'neither DISPLAY nor WAYLAND_DISPLAY is set for the daemon',
    )
  })

  it.each<Environment>([
    { SSH_ASKPASS: '/opt/askpass', SSH_ASKPASS_REQUIRE: 'never' },
    { SSH_ASKPASS: 'askpass' },
    { SSH_ASKPASS: '' },
    { SSH_ASKPASS: '/gone' },
  ])('do not begin with the one of ssh where it is not to be used, or cannot be found: %j', (environment) => {
    const names = ['zenity', '/opt/askpass', 'askpass']
    expect(find('auto', { DISPLAY: ':0', ...environment }, { names })).toEqual(['zenity /usr/bin/zenity'])
  })

  it('may be missing altogether', () => {
    expect(find('auto', { DISPLAY: ':0' }, { names: [] })).toBe(
      'not found in those folders of PATH that nobody else can change: askpass, pinentry, kdialog, zenity, osascript',
    )
  })
})

describe('a program that is chosen', () => {
  it('by its name is the only one, though no display is known', () => {
    expect(find('zenity', {})).toEqual(['zenity /usr/bin/zenity'])
    expect(find('pinentry', {}, { names: ['zenity', 'pinentry-qt'] })).toEqual(['pinentry /usr/bin/pinentry-qt'])
    expect(find('askpass', {})).toEqual(['askpass /usr/bin/ssh-askpass'])
  })

  it('by its name and not found is said to be missing', () => {
    expect(find('kdialog', { DISPLAY: ':0' }, { names: ['zenity'] })).toMatch(/^not found in .*: kdialog$/)
  })

  it.each([
    ['/usr/bin/pinentry', 'pinentry'],
    ['/usr/bin/pinentry-gnome3', 'pinentry'],
    ['/opt/kdialog', 'kdialog'],
    ['/opt/zenity', 'zenity'],
    ['/usr/bin/osascript', 'osascript'],
    ['/usr/bin/ssh-askpass', 'askpass'],
    ['/home/jo/bin/ask', 'askpass'],
    ['/home/jo/pinentrylike', 'askpass'],
    ['/home/jo/constructor', 'askpass'],
  ])('by its path is asked as its name says: %s is %s', (path, style) => {
    expect(find(path, {}, { names: [] })).toEqual([`${style} ${path}`])
  })

  it('may be none', () => {
    expect(find('none', { DISPLAY: ':0' })).toBe('prompt.program is "none"')
  })
})
