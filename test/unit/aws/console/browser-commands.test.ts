import { describe, expect, it } from 'vitest'
import { browserCommands, browserMistake } from '../../../../src/aws/console/browser-commands.ts'

const url = 'http://127.0.0.1:4711/AbC_-'
const page = { url, profile: 'dev two', account: '123456789012', color: 'd13212' }

describe('the command of a browser', () => {
  it('gets what it asks for, each in one argument', () => {
    const command = ['firefox', '--name={profile}', '{url}', '{account}#{color}', '{urls}']
    expect(browserCommands(command, page, 'linux')).toEqual([
      ['firefox', '--name=dev two', url, '123456789012#d13212', '{urls}'],
    ])
  })

  it('gets no colour where there is none, and replaces nothing twice', () => {
    const odd = { ...page, profile: '{url}', color: undefined }
    expect(browserCommands(['b', '{profile}', '{color}', '{url}'], odd, 'linux')).toEqual([['b', '{url}', '', url]])
  })

  it.each([
    ['lynx', 'neither "firefox-containers" nor "chrome-profiles" nor a command, such as ["firefox", "{url}"]'],
    [['b', 1], 'neither "firefox-containers" nor "chrome-profiles" nor a command, such as ["firefox", "{url}"]'],
    ['chrome-profiles', undefined],
    [[], 'names no program'],
    [['', '{url}'], 'names no program'],
    [['firefox'], 'has no argument with {url}'],
    [['{url}'], 'has {url} in the place of a program'],
    [['/opt/{profile}/b', '{url}'], 'has /opt/{profile}/b in the place of a program'],
    [['/opt/{x}/b', '{url}'], undefined],
    [['b\0c', '{url}'], 'has a NUL, which no argument of a program can have'],
    [['b', '{url}', '\0'], 'has a NUL, which no argument of a program can have'],
    [['b', '{url}', '{name}'], 'has {name}, which is none of {url} {profile} {account} {color}'],
    [['b', '{constructor}{url}'], 'has {constructor}, which is none of {url} {profile} {account} {color}'],
    [['b', '--x={url}', '{color}'], undefined],
  ])('%j: %s', (command, mistake) => {
    expect(browserMistake(command)).toBe(mistake)
  })
})

describe('a container of Firefox', () => {
  const address = `ext+granted-containers:name=dev%20two&url=${encodeURIComponent(url)}&color=red&icon=fingerprint`

  it('has the name and about the colour of the profile', () => {
    expect(browserCommands('firefox-containers', page, 'linux')).toEqual([
      ['firefox', address],
      ['firefox-esr', address],
    ])
    expect(browserCommands('firefox-containers', page, 'darwin')).toEqual([['open', '-a', 'Firefox', address]])
  })

  it.each([
    ['99bce3', 'blue'],
    ['b7ca9d', 'green'],
    ['fad791', 'yellow'],
    ['f2b0a9', 'red'],
    ['ff0010', 'red'],
    ['fbbf93', 'orange'],
    ['800080', 'pink'],
    ['6600cc', 'purple'],
    ['00cc99', 'turquoise'],
    ['777777', 'blue'],
    [undefined, 'blue'],
  ])('of %s is %s', (color, name) => {
    const [[, opened]] = browserCommands('firefox-containers', { ...page, color }, 'linux') as [[string, string]]
    expect(opened).toContain(`&color=${name}&`)
  })
})

describe('a profile of Chrome', () => {
  it('is one for each account', () => {
    const args = ['--profile-directory=latchkey-123456789012', url]
    expect(browserCommands('chrome-profiles', page, 'linux')).toEqual([
      ['google-chrome', ...args],
      ['google-chrome-stable', ...args],
      ['chromium', ...args],
      ['chromium-browser', ...args],
    ])
    expect(browserCommands('chrome-profiles', page, 'darwin')).toEqual([
      ['open', '-na', 'Google Chrome', '--args', ...args],
    ])
  })
})
