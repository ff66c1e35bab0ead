import { describe, expect, it } from 'vitest'
import { createVisitPage, isInFront } from '../../../../src/helper/browser/visit-page.ts'

const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a browser', () => {
  it.each<[Record<string, string>, NodeJS.Platform, boolean]>([
    [{}, 'linux', false],
    [{ DISPLAY: ':0' }, 'linux', true],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
    [{}, 'darwin', true],
    [{ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }, 'darwin', false],
    // X11 through ssh: the browser of the other machine.
    [{ DISPLAY: 'localhost:10.0', SSH_TTY: '/dev/pts/1' }, 'linux', false],
    [{ SSH_CLIENT: '192.0.2.1 1 22', DISPLAY: ':0' }, 'linux', false],
    // A remote editor leads pages to the person.
    [{ BROWSER: '/vscode/browser.sh', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }, 'linux', true],
  ])('is in front of the person with %j on %s: %j', (environment, platform, isIt) => {
    expect(isInFront(environment, platform)).toBe(isIt)
    expect(createVisitPage({ environment, platform, show: () => {}, pause }) !== undefined).toBe(isIt)
  })

  it('that cannot be opened is said not to be, and the page is to be visited without it', async () => {
    const shown: string[] = []
    const show = (text: string) => void shown.push(text)
    const environment = { DISPLAY: ':0', PATH: '/nowhere' }
    createVisitPage({ environment, platform: 'linux', show, pause })!(
      'http://localhost:8250/x',
      new AbortController().signal,
    )
    await expect.poll(() => shown.length).toBe(2)
    expect(shown).toEqual([
      'a browser is opened; where none shows, visit the page yourself\n',
      '\nthere is no program to open a page with: xdg-open: visit the page yourself\n',
    ])
  })
})
