import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'

const shared = sharedDevSession()

const devArn = 'arn:aws:sts::123456789012:assumed-role/DeveloperRole/jo'

const latchkey = (...args: string[]) => shared.dev.run('latchkey', ['aws', 'console', ...args], { env: display })
/** No X server is there: the browsers of these tests need none. */
const display = { DISPLAY: ':0' }
const noDisplay = { DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' }

/** Sets how consoles are opened: by a script that gets the address, and the name of the profile. */
function setBrowser(script: string): void {
  const program = join(shared.folder, 'browser')
  rmSync(`${program}.through`, { force: true })
  writeFileSync(program, `#!/bin/sh\n${script}\n: >"$0.through"\n`, { mode: 0o700 })
  configureConsole(`browser = ["${program}", "{url}", "{profile}", "{account}", "{color}"]`)
}

function configureConsole(line: string): void {
  const config = shared.dev.env.LATCHKEY_CONFIG!
  const [before] = readFileSync(config, 'utf8').split('\n[aws.console]')
  writeFileSync(config, `${before}\n[aws.console]\n${line}\n`)
}

/** What the script has written into files beside it, when it is through: the command ends with the first visit. */
async function written(...names: string[]): Promise<string[]> {
  await expect.poll(() => existsSync(join(shared.folder, 'browser.through')), { timeout: 20_000 }).toBe(true)
  return names.map((name) => readFileSync(join(shared.folder, `browser.${name}`), 'utf8'))
}

/** Visits an address while another user holds more connections there than are served. */
const crowdOfOthers = `
import encodings.idna, http.client, os, signal, socket, sys, urllib.parse
url = urllib.parse.urlsplit(sys.argv[1])
ready, told = os.pipe()
other = os.fork()
if other == 0:
    os.setuid(65534)
    held = [socket.create_connection((url.hostname, url.port)) for _ in range(200)]
    os.write(told, b'.')
    signal.pause()
os.close(told)
os.read(ready, 1)
visit = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
try:
    visit.request('GET', url.path)
    print(visit.getresponse().status, end='')
finally:
    os.kill(other, signal.SIGKILL)
`

const calls = (action: string) => shared.dev.log('aws-calls').filter((line) => line.action === action)

/** What `--print` prints for a profile. */
async function printed(...args: string[]) {
  const { stdout, stderr } = await latchkey(...args, '--print')
  return { link: stdout.trim(), stderr }
}

describeWithPeers('the console, in Chromium', ['chromium'], () => {
  const page = () => join(shared.folder, 'page.html')
  const visit = `exec chromium --headless --no-sandbox --disable-gpu --user-data-dir="$0.profile" --dump-dom "$1" >"$(dirname "$0")/page.html" 2>/dev/null`

  it('is opened by a browser that never has the sign-in link in its arguments', async () => {
    setBrowser(`echo "$@" >"$0.arguments"; ${visit}`)
    const { status, stdout, stderr } = await latchkey('dev', '--path', 's3')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      /^the console of arn:aws:iam::123456789012:role\/DeveloperRole is open in the browser, until \S+Z \(\d+m( \d+s)? left\)\n$/,
    )
    await expect.poll(() => readFileSync(page(), 'utf8'), { timeout: 20_000 }).toContain(`signed in as ${devArn}`)
    expect(readFileSync(page(), 'utf8')).toContain('https://console.aws.amazon.com/s3/home?region=us-east-1')
    expect(readFileSync(join(shared.folder, 'browser.arguments'), 'utf8')).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22} dev 123456789012\s*$/,
    )
  })
})

describeWithPeers('the console', ['curl', 'setpriv', 'python3'], () => {
  const curl = (...args: string[]) =>
    runOk('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', ...args])

  it('is behind an address that leads on once, and then says what to run', async () => {
    setBrowser(`curl -sS -D "$0.first" -o /dev/null "$1" && curl -sS -D "$0.second" -o "$0.page" "$1"`)
    expect((await latchkey('dev')).status).toBe(0)
    const [first, second, page] = await written('first', 'second', 'page')
    expect(first).toMatch(/^HTTP\/1\.1 302 /)
    expect(first).toMatch(/^location: http:\/\/127\.0\.0\.1:\d+\/federation\?Action=login&Issuer=&Destination=/im)
    expect(first).toMatch(/^referrer-policy: no-referrer\r$/im)
    expect(first).toMatch(/^cache-control: no-store\r$/im)
    expect(second).toMatch(/^HTTP\/1\.1 410 /)
    expect(page).toBe('latchkey: this address has been used, or is too old; run\n\n  latchkey aws console dev\n')
  })

  it('answers nobody who guesses, nor for another host', async () => {
    setBrowser(`curl -sS -o /dev/null -w '%{http_code}' "\${1%/*}/AAAAAAAAAAAAAAAAAAAAAA" >"$0.guess"
curl -sS -o /dev/null -w '%{http_code}' -H 'Host: evil.test' "$1" >"$0.host"
curl -sS -o /dev/null -w '%{http_code}' -I "$1" >"$0.head"
curl -sS -o /dev/null -w '%{http_code}' "$1" >"$0.own"`)
    expect((await latchkey('dev')).status).toBe(0)
    expect(await written('guess', 'host', 'head', 'own')).toEqual(['404', '421', '405', '302'])
  })

  it.runIf(process.getuid?.() === 0)('leads no other user on, and no other user keeps it to itself', async () => {
    writeFileSync(join(shared.folder, 'crowd.py'), crowdOfOthers)
    setBrowser(`setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS -w '%{http_code}' "$1" >"$0.other"
exec 2>"$0.error"
python3 "$(dirname "$0")/crowd.py" "$1" >"$0.own"`)
    expect((await latchkey('dev')).status).toBe(0)
    const [other, own] = await written('other', 'own')
    expect(other).toMatch(
      /^latchkey: this address is for programs of the user.*latchkey aws console dev --print\n403$/s,
    )
    expect(own).toBe('302')
  })

  it('is opened for two callers at once, each by an address of its own', async () => {
    setBrowser(`echo "$1" >>"$0.urls"; curl -sSL -o "$0.$$.page" "$1"`)
    const callers = await Promise.all([latchkey('dev'), latchkey('dev')])
    for (const { status, stdout } of callers)
      expect([status, stdout]).toEqual([0, expect.stringContaining(' is open ')])
    const pages = () => readdirSync(shared.folder).filter((name) => /^browser\.\d+\.page$/.test(name))
    await expect
      .poll(() => pages().map((name) => readFileSync(join(shared.folder, name), 'utf8')))
      .toEqual([expect.stringContaining(`signed in as ${devArn}`), expect.stringContaining(`signed in as ${devArn}`)])
    const [urls] = await written('urls')
    expect(new Set(urls!.trim().split('\n')).size).toBe(2)
  })

  it('is not said to be open where no browser has come', async () => {
    setBrowser('')
    const { status, stdout, stderr } = await latchkey('dev')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toMatch(
      /^no browser has come for the console of arn:aws:iam::123456789012:role\/DeveloperRole yet; it has (4|5)\ds left\nhint: where none shows: latchkey aws console dev --print\n$/,
    )
  })

  it('prints a link that signs in once, and says that it is a secret', async () => {
    const { link, stderr } = await printed(
      'dev',
      '--path',
      'https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:',
    )
    expect(stderr).toMatch(
      /^this link is a secret: until \S+Z \((14m 5\ds|15m) left\) it signs whoever opens it in as\n/,
    )
    expect(await runOk('curl', ['-sS', link])).toContain(`signed in as ${devArn} until 2`)
    expect(calls('login').at(-1)).toMatchObject({ status: 200, principal: devArn })
    expect(await curl(link)).toMatch(/^400/)
  })

  it('lasts as long as the credentials, or as long as one is willing to give a code for', async () => {
    const page = async (...args: string[]) => runOk('curl', ['-sS', (await printed(...args)).link])
    const hours = (text: string) => (Date.parse(/ until (\S+)/.exec(text)![1]!) - Date.now()) / 3_600_000
    expect(hours(await page('dev'))).toBeCloseTo(1, 1)
    expect(hours(await page('dev', '--for', '8h'))).toBeCloseTo(8, 1)
    const chained = await latchkey('chained', '--for', '8h', '--print')
    expect(chained.status).toBe(1)
    expect(chained.stderr).toContain('another role assumes its role')
    expect(hours(await page('chained'))).toBeCloseTo(1, 1)
  })

  it('ends other sign-ins where it is told to, and never else', async () => {
    expect((await printed('dev')).link).not.toContain('logout')
    const { link } = await printed('dev', '--logout')
    expect(new URL(link).pathname).toBe('/oauth')
    const [, next] = (await curl(link)).split(' ')
    expect(await runOk('curl', ['-sS', next!])).toContain(`signed in as ${devArn}`)
  })

  it('keeps every secret out of the logs', () => {
    const daemon = readFileSync(join(shared.dev.folder, 'daemon.log'), 'utf8')
    expect(daemon).not.toContain('SigninToken')
    expect(daemon).not.toContain('sessionKey')
  })

  it.each([
    ['dev-user', [], 1, 'profile dev-user has no role: AWS opens the console for roles only'],
    ['nobody', [], 1, 'no AWS profile nobody'],
    ['dev', ['--path', 'https://console.aws.amazon.com.evil.test/'], 1, 'this is not a page of the console'],
    [
      'dev',
      ['--for', '5m'],
      2,
      "option '--for <duration>' argument '5m' is invalid: it is not a duration from 15m to 12h",
    ],
  ])('refuses %s %j', async (profile, args, status, message) => {
    const { status: ended, stdout, stderr } = await latchkey(profile, ...args, '--print')
    expect({ ended, stdout }).toEqual({ ended: status, stdout: '' })
    expect(stderr).toContain(message)
  })

  it('says what to run where there is no display, and makes no link', async () => {
    configureConsole('')
    const before = calls('getSigninToken').length
    const { status, stderr } = await shared.dev.run('latchkey', ['aws', 'console', 'dev'], { env: noDisplay })
    expect(status).toBe(1)
    expect(stderr).toContain('there is no display to open a browser on')
    expect(stderr).toContain('latchkey aws console dev --print')
    expect(calls('getSigninToken')).toHaveLength(before)
  })

  it('needs no display for a command that is configured', async () => {
    setBrowser(`curl -sS -o /dev/null "$1"`)
    const { status, stdout } = await shared.dev.run('latchkey', ['aws', 'console', 'dev'], { env: noDisplay })
    expect([status, stdout]).toEqual([0, expect.stringContaining(' is open in the browser')])
  })

  it('says what to run where the browser fails, and what it said', async () => {
    setBrowser('echo "no such profile" >&2; exit 3')
    const { status, stderr } = await latchkey('dev')
    expect(status).toBe(126)
    expect(stderr).toContain('cannot open the page: it ended with status 3; it said: no such profile')
    expect(stderr).toContain('latchkey aws console dev --print')
  })

  it('passes a browser over that there is not', async () => {
    configureConsole('browser = ["/nowhere/browser", "{url}"]')
    const { status, stderr } = await run('latchkey', ['aws', 'console', 'dev'], {
      env: { ...shared.dev.env, ...display },
    })
    expect(status).toBe(127)
    expect(stderr).toContain('there is no program to open a page with: /nowhere/browser')
  })
})
