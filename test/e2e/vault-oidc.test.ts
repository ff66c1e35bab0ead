import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Browser, fakeDesktop, openPage, type Page, startBrowser } from '../support/browser.ts'
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
  const login = (env: Readonly<Record<string, string | undefined>> = {}, vault = ''): LiveTerminal =>
    liveTerminal(`${process.execPath} ${latchkeyPath} login ${vault}`, { ...process.env, ...daemon.env, ...env })
  const signIn = async (page: Page, name = 'jo') => {
    await page.fill('input[name=login]', name)
    await page.fill('input[name=password]', 'any')
    await page.click('button[type=submit]')
  }
  const goOn = (page: Page) => page.click('button[type=submit]')
  const heading = (page: Page) => page.textContent('h1')

  it('opens a browser, comes back from it, and ends without a key being pressed', async () => {
    await mountOidc(server, issuer)
    await start()
    const desktop = fakeDesktop(folder)
    const terminal = login(desktop.env)
    const link = await desktop.opened()
    expect(link).toMatch(/^http:\/\/localhost:82[5-9]\d\/latchkey\/[\w-]{22}$/)
    const page = await openPage(browser)
    await page.goto(link)
    await signIn(page)
    await goOn(page)
    await page.waitForSelector('h1:has-text("Logged in to vault corp")')
    expect(await page.textContent('p')).toBe('You can close this window.')
    await terminal.shows('logged in to corp as oidc-jo (policies: default; ')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toContain('a browser is opened; where none shows, visit the page yourself')
    // Nothing listens any more.
    await expect(fetch(link)).rejects.toThrow()
  })

  it('is declined in the browser', async () => {
    await mountOidc(server, issuer)
    await start()
    const desktop = fakeDesktop(folder)
    const terminal = login(desktop.env)
    const page = await openPage(browser)
    await page.goto(await desktop.opened())
    await page.click('text=Cancel')
    await page.waitForSelector('h1:has-text("Not logged in to vault corp")')
    expect(await page.textContent('p')).toContain('the provider refuses the login: access_denied')
    await terminal.shows('the provider refuses the login: access_denied')
    expect(await terminal.ended).toBe(3)
  })

  it('goes on whatever other pages send to its port, and ends with the right one of two browsers', async () => {
    await mountOidc(server, issuer)
    await start()
    const desktop = fakeDesktop(folder)
    const terminal = login(desktop.env)
    const link = await desktop.opened()
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
    const pages = [await openPage(browser), await openPage(browser)]
    for (const page of pages) {
      await page.goto(link)
      await signIn(page)
    }
    await goOn(pages[1]!)
    await pages[1]!.waitForSelector('h1:has-text("Logged in to vault corp")')
    await terminal.shows('logged in to corp as oidc-jo')
    expect(await terminal.ended).toBe(0)
  })

  it('takes a form that the provider has the browser post', async () => {
    await mountOidc(server, issuer, { config: { oidc_response_mode: 'form_post' } })
    await start()
    const desktop = fakeDesktop(folder)
    const terminal = login(desktop.env)
    const page = await openPage(browser)
    await page.goto(await desktop.opened())
    await signIn(page)
    await goOn(page)
    await page.waitForSelector('h1:has-text("Logged in to vault corp")')
    expect(page.url()).not.toContain('code=')
    expect(await terminal.ended).toBe(0)
  })

  it('is finished from another machine by pasting the address that the browser ended on', async () => {
    await mountOidc(server, issuer)
    await start()
    const terminal = login({ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', DISPLAY: ':10' })
    await terminal.shows('log in to vault corp in a browser:\r\n')
    await terminal.shows('press Enter when you are done: ')
    expect(terminal.screen()).not.toContain('a browser is opened')
    const [url] = /http:\/\/127\.0\.0\.1:\d+\/auth\?\S+/.exec(terminal.screen())!
    // On that machine nothing listens there.
    const page = await openPage(await startBrowser(['--host-resolver-rules=MAP localhost ~NOTFOUND']))
    await page.goto(url)
    await signIn(page)
    const left = page.waitForRequest(/\/oidc\/callback/)
    await goOn(page)
    const ended = (await left).url()
    terminal.type('what\n')
    await terminal.shows('paste the whole address, or press Enter')
    terminal.type(`${ended}\n`)
    await terminal.shows('logged in to corp as oidc-jo')
    expect(await terminal.ended).toBe(0)
  })

  it('is polled for where the browser goes back to the server', async () => {
    await mountOidc(server, issuer, {
      role: {
        callback_mode: 'direct',
        poll_interval: 1,
        allowed_redirect_uris: [`${server.vault.address}/v1/auth/oidc/oidc/callback`],
      },
    })
    await start(', callback_mode = "direct"')
    const desktop = fakeDesktop(folder)
    const terminal = login(desktop.env)
    const page = await openPage(browser)
    await page.goto(await desktop.opened())
    await signIn(page)
    await goOn(page)
    await page.click('a')
    await page.waitForSelector('h1:has-text("Signed in")')
    await terminal.shows('logged in to corp as oidc-jo')
    expect(await terminal.ended).toBe(0)
  })

  it('is confirmed on any device', async () => {
    await mountOidc(server, issuer, { role: { callback_mode: 'device', poll_interval: 1 } })
    await start(', callback_mode = "device"')
    const terminal = login({ SSH_TTY: '/dev/pts/1' })
    await terminal.shows('press Enter when you are done: ')
    const [url] = /http:\/\/127\.0\.0\.1:\d+\/device\S*/.exec(terminal.screen())!
    const page = await openPage(browser)
    await page.goto(url)
    await page.click('button[type=submit]')
    await signIn(page)
    await goOn(page)
    await page.waitForSelector('text=Sign-in Success')
    await terminal.shows('logged in to corp as oidc-jo')
    expect(await terminal.ended).toBe(0)
  })

  it('is given up with Ctrl-C, and the next one begins anew', async () => {
    await mountOidc(server, issuer)
    await start()
    const desktop = fakeDesktop(folder)
    const first = login(desktop.env)
    const link = await desktop.opened()
    await first.shows('press Enter when you are done: ')
    first.type('\u0003')
    expect(await first.ended).toBe(130)
    await expect(fetch(link)).rejects.toThrow()
  })
})
