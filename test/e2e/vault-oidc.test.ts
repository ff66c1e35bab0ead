import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Browser, type Desktop, fakeDesktop, openPage, type Page, startBrowser } from '../support/browser.ts'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { openTestVault, type TestVault } from '../support/dev-vault.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { type LiveTerminal, liveTerminal } from '../support/live-terminal.ts'
import { mountOidc, startOidcProvider } from '../support/oidc-provider.ts'
import { describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

describeWithPeers('a login in a browser', ['chromium', 'script'], () => {
  let folder: string
  let server: TestVault
  let issuer: string
  let daemon: BuiltDaemon
  let browser: Browser

  beforeEach(async () => {
    folder = makeFolder()
    server = await openTestVault({ now: () => Date.now() })
    issuer = await startOidcProvider([
      'http://localhost:8250/oidc/callback',
      `${server.vault.address}/v1/auth/oidc/oidc/callback`,
    ])
    browser = await startBrowser()
  })

  afterEach(async () => {
    // Nothing of a login is in the log of the daemon.
    expect(daemon.log()).not.toMatch(/st_\w{20}|code=|[?&]state=|\bs\.\w{24}/)
    await daemon.end('SIGTERM')
    removeFolder(folder)
  })

  const start = async (auth = '') => {
    const toml = `[vault.corp]\naddress = "${server.vault.address}"\nauth = { method = "oidc"${auth} }\n`
    daemon = await startBuiltDaemon(folder, toml)
  }
  const login = (env: Readonly<Record<string, string | undefined>> = {}): LiveTerminal =>
    liveTerminal(`${process.execPath} ${latchkeyPath} login`, { ...process.env, ...daemon.env, ...env })
  const goOn = (page: Page) => page.click('button[type=submit]')
  const heading = (page: Page) => page.textContent('h1')

  /** A login that the desktop is to open a browser for, and the address that it was told. */
  const loginAt = async (desktop: Desktop) => {
    const terminal = login(desktop.env)
    return { terminal, link: await desktop.opened() }
  }
  /** A login at a server and a daemon with this configuration. */
  const begun = async ({
    mounted = {},
    auth = '',
  }: {
    mounted?: Parameters<typeof mountOidc>[2]
    auth?: string
  } = {}) => {
    await mountOidc(server, issuer, mounted)
    await start(auth)
    return loginAt(fakeDesktop(folder))
  }
  /** A page on which jo has signed in, which the provider then asks whether it is meant. */
  const signedIn = async (address: string, on = browser) => {
    const page = await openPage(on)
    await page.goto(address)
    await signIn(page)
    return page
  }
  const signIn = async (page: Page) => {
    await page.fill('input[name=login]', 'jo')
    await page.fill('input[name=password]', 'any')
    await goOn(page)
  }
  const isLoggedIn = async (terminal: LiveTerminal, more = '') => {
    await terminal.shows(`logged in to corp as oidc-jo${more}`)
    expect(await terminal.ended).toBe(0)
  }
  const saysSo = (page: Page) => page.waitForSelector('h1:has-text("Logged in to vault corp")')
  const shownUrl = (terminal: LiveTerminal, path: string) =>
    new RegExp(`http://127\\.0\\.0\\.1:\\d+${path}\\S*`).exec(terminal.screen())![0]

  it('opens a browser, comes back from it, and ends without a key being pressed', async () => {
    const { terminal, link } = await begun()
    expect(link).toMatch(/^http:\/\/localhost:82[5-9]\d\/latchkey\/[\w-]{22}$/)
    const page = await signedIn(link)
    await goOn(page)
    await saysSo(page)
    expect(await page.textContent('p')).toBe('You can close this window.')
    await isLoggedIn(terminal, ' (policies: default; ')
    expect(terminal.screen()).toContain('a browser is opened; where none shows, visit the page yourself')
    // Nothing listens any more.
    await expect(fetch(link)).rejects.toThrow()
  })

  it('is declined in the browser', async () => {
    const { terminal, link } = await begun()
    const page = await openPage(browser)
    await page.goto(link)
    await page.click('text=Cancel')
    await page.waitForSelector('h1:has-text("Not logged in to vault corp")')
    expect(await page.textContent('p')).toContain('the provider refuses the login: access_denied')
    await terminal.shows('the provider refuses the login: access_denied')
    expect(await terminal.ended).toBe(3)
  })

  it('goes on whatever other pages send to its port, and ends with the right one of two browsers', async () => {
    const { terminal, link } = await begun()
    const { origin } = new URL(link)
    const foreign = await openPage(browser)
    await foreign.goto(`${origin}/oidc/callback?state=st_guess&code=guess`)
    expect(await heading(foreign)).toBe('This is another login')
    await foreign.goto(`${origin}/elsewhere`)
    expect(await heading(foreign)).toBe('There is nothing here')
    await foreign.setContent(
      `<form method="post" action="${origin}/oidc/callback"><input name="state" value="x"><button type="submit">go</button></form>`,
    )
    await goOn(foreign)
    await foreign.waitForSelector('h1:has-text("This is another login")')
    await signedIn(link)
    const second = await signedIn(link)
    await goOn(second)
    await saysSo(second)
    await isLoggedIn(terminal)
  })

  it('takes a form with an ID token and no code that the provider has the browser post', async () => {
    const config = { oidc_response_mode: 'form_post', oidc_response_types: ['id_token'] }
    const { terminal, link } = await begun({ mounted: { config } })
    const page = await signedIn(link)
    await goOn(page)
    await saysSo(page)
    expect(page.url()).not.toMatch(/code=|id_token=/)
    await isLoggedIn(terminal)
  })

  it.each([
    ['hangs', 'exec sleep 600', undefined],
    ['fails', 'echo no browser is set up >&2; exit 3', 'it ended with status 3; it said: no browser is set up'],
  ])('is finished at the address that is shown where what opens browsers %s', async (_, goesOn, complaint) => {
    await mountOidc(server, issuer)
    await start()
    const { terminal } = await loginAt(fakeDesktop(folder, `echo $$ >'${folder}/opener'; ${goesOn}`))
    await terminal.shows('press Enter when you are done: ')
    if (complaint !== undefined) await terminal.shows(`${complaint}: visit the page yourself`)
    await goOn(await signedIn(shownUrl(terminal, '/auth')))
    await isLoggedIn(terminal)
    if (complaint !== undefined) return
    // It may be the browser itself, with the windows of the person: neither waited for nor ended.
    expect(process.kill(Number(readFileSync(join(folder, 'opener'), 'utf8')), 'SIGKILL')).toBe(true)
  })

  it('is finished from another machine by pasting the address that the browser ended on', async () => {
    await mountOidc(server, issuer)
    await start()
    const terminal = login({ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', DISPLAY: ':10' })
    await terminal.shows('log in to vault corp in a browser:\r\n')
    await terminal.shows('press Enter when you are done: ')
    expect(terminal.screen()).not.toContain('a browser is opened')
    // On that machine nothing listens there.
    const elsewhere = await startBrowser(['--host-resolver-rules=MAP localhost ~NOTFOUND'])
    const page = await signedIn(shownUrl(terminal, '/auth'), elsewhere)
    const left = page.waitForRequest(/\/oidc\/callback/)
    await goOn(page)
    const ended = (await left).url()
    terminal.type('what\n')
    await terminal.shows('paste the whole address, or press Enter')
    terminal.type(`${ended}\n`)
    await isLoggedIn(terminal)
  })

  it('is polled for where the browser goes back to the server', async () => {
    const allowed = [`${server.vault.address}/v1/auth/oidc/oidc/callback`]
    const role = { callback_mode: 'direct', poll_interval: 1, allowed_redirect_uris: allowed }
    const { terminal, link } = await begun({ mounted: { role }, auth: ', callback_mode = "direct"' })
    const page = await signedIn(link)
    await goOn(page)
    await page.click('#confirm-button')
    await page.waitForSelector('h1:has-text("Signed in")')
    await isLoggedIn(terminal)
  })

  it('is confirmed on any device', async () => {
    await mountOidc(server, issuer, { role: { callback_mode: 'device', poll_interval: 1 } })
    await start(', callback_mode = "device"')
    const terminal = login({ SSH_TTY: '/dev/pts/1' })
    await terminal.shows('press Enter when you are done: ')
    const page = await openPage(browser)
    await page.goto(shownUrl(terminal, '/device'))
    await goOn(page)
    await signIn(page)
    await goOn(page)
    await page.waitForSelector('text=Sign-in Success')
    await isLoggedIn(terminal)
  })

  it('is given up with Ctrl-C, and the next one begins anew', async () => {
    const { terminal, link } = await begun()
    await terminal.shows('press Enter when you are done: ')
    terminal.type('\u0003')
    expect(await terminal.ended).toBe(130)
    await expect(fetch(link)).rejects.toThrow()
  })
})
