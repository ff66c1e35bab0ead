import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../../../src/core/secret.ts'
import { listenOnLoopback } from '../../../../../src/http/loopback-listener.ts'
import type { VisitFields } from '../../../../../src/prompts/kinds/visit.ts'
import { PromptError, type PromptQuestion, type Prompts } from '../../../../../src/prompts/prompt.ts'
import { oidc } from '../../../../../src/vault/login/oidc.ts'
import { fakeClock } from '../../../../support/fake-clock.ts'
import { auth } from '../../../../support/token-world.ts'
import { readExchanges } from '../../../../support/vault-exchanges.ts'
import { type ScriptedAnswer, scriptedVault } from '../../../../support/vault-http.ts'
import { loginContext, recordingLog, testClient, until } from '../../../../support/vault-world.ts'

/** What a real server answered. */
const recorded = (name: string): ScriptedAnswer => {
  const { response } = readExchanges('oidc').find((exchange) => exchange.name === name)!
  return { status: response.status, json: response.json }
}

const state = 'st_gDDVaBDz8Gr7d5QNpJ5s'
const beginRoute = 'POST auth/oidc/oidc/auth_url'
const pollRoute = 'POST auth/oidc/oidc/poll'
const lookUp = 'GET auth/token/lookup-self'
const token = 's.zKKxl1us2QmAF1JjBmcGJDIy'

type Asked = PromptQuestion & VisitFields
type Auth = Parameters<typeof oidc.create>[0]

/** A person who answers when the test says so. */
function heldPrompts() {
  const questions: Asked[] = []
  const withdrawn: string[] = []
  let settle: { resolve: (answer: 'done' | Secret<string>) => void; reject: (error: Error) => void } | undefined
  const prompts: Prompts = {
    ask: (question, signal) =>
      new Promise((resolve, reject) => {
        questions.push(question as Asked)
        settle = { resolve: resolve as never, reject }
        signal?.addEventListener('abort', () => {
          withdrawn.push(question.text)
          reject(signal.reason as Error)
        })
      }),
    attend: () => () => {},
  }
  return {
    prompts,
    questions,
    withdrawn,
    answer: (answer: 'done' | Secret<string>) => settle!.resolve(answer),
    refuse: (error: Error) => settle!.reject(error),
  }
}

async function world(auth: Partial<Auth> = {}) {
  const vault = await scriptedVault()
  vault.on(beginRoute, recorded('auth_url'))
  vault.on(lookUp, { json: { data: { display_name: 'oidc-jo', policies: ['default'], ttl: 3600 } } })
  const person = heldPrompts()
  const clock = fakeClock()
  const { log, lines } = recordingLog()
  const method = oidc.create(
    { method: 'oidc', ...auth },
    loginContext(testClient(vault.address), { prompts: person.prompts, clock, log, address: vault.address }),
  )
  const over = new AbortController()
  const login = () => {
    const outcome = method.login(true, over.signal)
    outcome.catch(() => {})
    return outcome
  }
  const question = async (count = 1) => {
    await until(() => person.questions.length >= count)
    return person.questions[count - 1]!
  }
  /** The query of the callback carries a nonce that the login has made. */
  const onCallback = (answer: ScriptedAnswer, given = `state=${state}&code=the-code-that-is-secret`) => {
    const { client_nonce: nonce } = vault.requests[0]!.body as { client_nonce: string }
    vault.on(`GET auth/oidc/oidc/callback?${given}&client_nonce=${nonce}`, answer)
  }
  const comeBack = async (query: string, options: RequestInit = {}) => {
    const { origin } = new URL((await question()).link!)
    const response = await fetch(`${origin}/oidc/callback${query}`, options)
    return { status: response.status, headers: response.headers, page: await response.text() }
  }
  return { vault, ...person, clock, lines, method, over, login, question, onCallback, comeBack }
}

const right = `?state=${state}&code=the-code-that-is-secret`
let opened: Awaited<ReturnType<typeof world>> | undefined
const open = async (auth?: Partial<Auth>) => {
  opened = await world(auth)
  return opened
}

afterEach(() => {
  // Nothing of a login may be in a log.
  expect(opened?.lines.join('\n') ?? '').not.toMatch(/the-code|st_\w{20}|s\.\w{24}/)
  opened = undefined
})

describe('a login by OIDC', () => {
  it('shows the page, forwards what the browser brings, and says whose the token is', async () => {
    const { vault, login, question, onCallback, comeBack } = await open()
    const outcome = login()
    const { link, ...asked } = await question()
    expect(asked).toEqual({
      kind: 'visit',
      topic: 'vault/corp',
      text: 'log in to vault corp in a browser',
      remedy: 'latchkey login corp',
      url: expect.stringContaining(`&state=${state}`),
      takesAddress: true,
    })
    const { port } = new URL(link!)
    expect(vault.requests[0]!.body).toEqual({
      role: '',
      redirect_uri: `http://localhost:${port}/oidc/callback`,
      client_nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect((await fetch(link!, { redirect: 'manual' })).headers.get('location')).toBe(asked.url)
    onCallback(recorded('callback'))
    const { status, page, headers } = await comeBack(right)
    expect(status).toBe(200)
    expect(page).toContain('<h1>Logged in to vault corp</h1>')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    const { token: got, lease } = await outcome
    expect(got.expose()).toBe(token)
    expect(lease).toMatchObject({ displayName: 'oidc-jo', policies: ['default', 'ssh-user'], leaseSeconds: 3600 })
    await expect(fetch(link!)).rejects.toThrow()
  })

  it('keeps the name of the mount where the token may not look itself up', async () => {
    const { vault, login, question, onCallback, comeBack } = await open()
    vault.on(lookUp, { status: 403, json: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } })
    const outcome = login()
    await question()
    onCallback(recorded('callback'))
    await comeBack(right)
    expect((await outcome).lease.displayName).toBe('oidc')
  })

  it.each([
    ['without a state', ''],
    ['with another state', '?state=st_other&code=x'],
    ['with a state that is longer', `?state=${state}x&code=x`],
  ])('goes on when a browser comes back %s', async (_, query) => {
    const { vault, login, question, onCallback, comeBack } = await open()
    const outcome = login()
    await question()
    expect(await comeBack(query)).toMatchObject({ status: 400, page: expect.stringContaining('This is another login') })
    expect(vault.calls()).toEqual([beginRoute])
    onCallback(recorded('callback'))
    await comeBack(right)
    expect((await outcome).token.expose()).toBe(token)
  })

  it('is one login for two browsers that come back at once', async () => {
    const { vault, login, question, onCallback, comeBack } = await open()
    const outcome = login()
    await question()
    onCallback(recorded('callback'))
    const pages = await Promise.all([comeBack(right), comeBack(right)])
    expect(pages.map(({ status }) => status)).toEqual([200, 200])
    await outcome
    expect(vault.calls().filter((call) => call.includes('callback'))).toHaveLength(1)
  })

  it('forwards a form first, without its id_token in the second call', async () => {
    const { vault, login, question, onCallback, comeBack } = await open()
    vault.on('POST auth/oidc/oidc/callback', {
      status: 400,
      raw: '<h1>Invalid redirect path.</h1>',
      headers: { 'Content-Type': 'text/html' },
    })
    const outcome = login()
    await question()
    onCallback(recorded('callback'))
    const body = new URLSearchParams({ state, code: 'the-code-that-is-secret', id_token: 'e.y.J' })
    expect((await comeBack('', { method: 'POST', body })).status).toBe(200)
    await outcome
    const form = vault.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/callback'))!
    expect(form.body).toEqual({
      state,
      code: 'the-code-that-is-secret',
      id_token: 'e.y.J',
      client_nonce: expect.any(String),
    })
  })

  it('posts an id_token that comes without a code, and finishes the login by its state', async () => {
    const { vault, login, question, onCallback, comeBack } = await open()
    vault.on('POST auth/oidc/oidc/callback', { status: 400, raw: '', headers: { 'Content-Type': 'text/html' } })
    const outcome = login()
    await question()
    onCallback(recorded('callback'), `state=${state}&code=`)
    const body = new URLSearchParams({ state, id_token: 'e.y.J' })
    expect((await comeBack('', { method: 'POST', body })).status).toBe(200)
    expect((await outcome).token.expose()).toBe(token)
    const form = vault.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/callback'))!
    expect(form.body).toEqual({ state, code: '', id_token: 'e.y.J', client_nonce: expect.any(String) })
  })

  it('ends where the provider refuses, in its words', async () => {
    const { login, question, comeBack, vault } = await open()
    const outcome = login()
    await question()
    const { status, page } = await comeBack(`?state=${state}&error=access_denied&error_description=%3Cb%3Enot+you`)
    expect(status).toBe(400)
    expect(page).toContain('access_denied: &#60;b&#62;not you')
    await expect(outcome).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      message: 'vault corp: the provider refuses the login: access_denied: <b>not you',
      hint: 'run: latchkey login corp',
    })
    expect(vault.calls()).toEqual([beginRoute])
  })

  it.each([
    ['unknown state', 'VAULT_LOGIN_FAILED', 'knows of no such login any more'],
    ['callback with the wrong nonce', 'VAULT_LOGIN_FAILED', 'somebody else has tried'],
  ])('ends where the server refuses it: %s', async (name, code, message) => {
    const { login, question, onCallback, comeBack } = await open()
    const outcome = login()
    await question()
    onCallback(recorded(name))
    expect((await comeBack(right)).page).toContain('Not logged in to vault corp')
    const error: unknown = await outcome.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(inspect(error)).not.toContain('the-code-that-is-secret')
  })

  it('cuts the code out of what the server says', async () => {
    const { login, question, onCallback, comeBack } = await open()
    const outcome = login()
    await question()
    const text = 'Vault login failed. Error exchanging oidc code: "the-code-that-is-secret is unknown".'
    onCallback({ status: 400, json: { errors: [text] } })
    expect((await comeBack(right)).page).not.toContain('the-code')
    await expect(outcome).rejects.toThrow(
      'the login at auth/oidc/ failed: Error exchanging oidc code: "[redacted] is unknown".',
    )
  })

  it('takes the address that was copied out of a browser which does not reach this machine', async () => {
    const { login, question, onCallback, answer, questions, clock } = await open()
    const outcome = login()
    await question()
    onCallback(recorded('callback'))
    answer(new Secret('https://sso.example.com/'))
    expect((await question(2)).notice).toContain('it has a code in it')
    answer(new Secret(`http://localhost:8250/oidc/callback?state=st_other&code=x`))
    expect((await question(3)).notice).toBe('that address is of another login')
    answer(new Secret(`http://localhost:8250/oidc/callback${right}`))
    expect((await outcome).token.expose()).toBe(token)
    expect(questions).toHaveLength(3)
    expect(clock.pendingTimers()).toBeLessThanOrEqual(1)
  })

  it('asks again half a minute after somebody has said to be done', async () => {
    const { login, question, answer, questions, clock, over } = await open()
    const outcome = login()
    await question()
    answer('done')
    await until(() => clock.pendingTimers() >= 2)
    clock.advance(29_999)
    expect(questions).toHaveLength(1)
    clock.advance(1)
    expect((await question(2)).notice).toBe('the login is not finished in the browser')
    over.abort(new Error('enough'))
    await expect(outcome).rejects.toThrow('enough')
  })

  it('ends after five minutes in which no browser comes back', async () => {
    const { login, question, clock } = await open()
    const outcome = login()
    const { link } = await question()
    clock.advance(5 * 60_000)
    await expect(outcome).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      message: 'vault corp: no browser has finished the login within 5 minutes',
      hint: 'run: latchkey login corp',
    })
    await expect(fetch(link!)).rejects.toThrow()
  })

  it('ends with the person who says no, and nothing listens then', async () => {
    const { login, question, refuse } = await open()
    const outcome = login()
    const { link } = await question()
    refuse(new PromptError('PROMPT_CANCELLED', 'cancelled'))
    await expect(outcome).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    await expect(fetch(link!)).rejects.toThrow()
  })

  it('that is given up while the server finishes it brings its token, to be revoked', async () => {
    const { login, question, onCallback, comeBack, vault, over } = await open()
    const outcome = login()
    await question()
    const { client_nonce: nonce } = vault.requests[0]!.body as { client_nonce: string }
    onCallback({})
    vault.on(`GET auth/oidc/oidc/callback${right}&client_nonce=${nonce}`, () => {
      over.abort(new Error('logged out'))
      return recorded('callback')
    })
    await comeBack(right)
    expect((await outcome).token.expose()).toBe(token)
  })

  it.each([
    ['a code', 'totp', true, 'code of TOTP for vault corp'],
    ['a push', 'duo', false, 'approve the login to vault corp: Duo'],
  ])('that is given up while %s is waited for shows nothing of it any more', async (_, type, usesCode, text) => {
    const { vault, login, question, questions, onCallback, comeBack, over, withdrawn } = await open()
    const outcome = login()
    await question()
    const method = { type, id: 'm1', uses_passcode: usesCode }
    const requirement = { mfa_request_id: 'r1', mfa_constraints: { all: { any: [method] } } }
    onCallback(auth('', { mfa_requirement: requirement }))
    vault.on('POST sys/mfa/validate', 'hang')
    const page = comeBack(right)
    expect((await question(2)).text).toBe(text)
    over.abort(new Error('logged out'))
    await until(() => withdrawn.includes(text))
    expect(questions).toHaveLength(2)
    if (!usesCode) return
    await expect(outcome).rejects.toThrow('logged out')
    expect((await page).page).toContain('Not logged in')
    expect(vault.calls()).not.toContain('POST sys/mfa/validate')
  })

  it('asks for no second factor that nobody wants any more', async () => {
    const { login, question, questions, onCallback, comeBack, vault, over } = await open()
    const outcome = login()
    await question()
    const { client_nonce: nonce } = vault.requests[0]!.body as { client_nonce: string }
    onCallback({})
    vault.on(`GET auth/oidc/oidc/callback${right}&client_nonce=${nonce}`, () => {
      over.abort(new Error('logged out'))
      const any = [{ type: 'duo', id: 'm1', uses_passcode: false }]
      const requirement = { mfa_request_id: 'r1', mfa_constraints: { all: { any } } }
      return auth('', { mfa_requirement: requirement })
    })
    await comeBack(right)
    await expect(outcome).rejects.toThrow('logged out')
    expect(questions).toHaveLength(1)
  })

  it('says on its page to go back where the server takes long', async () => {
    const { login, question, comeBack, vault, clock } = await open()
    void login()
    await question()
    const { client_nonce: nonce } = vault.requests[0]!.body as { client_nonce: string }
    vault.on(`GET auth/oidc/oidc/callback${right}&client_nonce=${nonce}`, () => {
      clock.advance(10_000)
      return 'hang'
    })
    expect((await comeBack(right)).page).toContain('The login to vault corp goes on')
  })
})

describe('a login by OIDC that cannot begin', () => {
  it.each([
    [
      'redirect_uri not allowed',
      'VAULT_CONFIG',
      /begins no login of its default role that ends at http:\/\/localhost:82\d\d\/oidc\/callback/,
    ],
    ['unknown role', 'VAULT_ROLE_UNKNOWN', /has no role nope/],
  ])('asks nobody: %s', async (name, code, message) => {
    const { vault, login, questions } = await open()
    vault.on(beginRoute, recorded(name))
    await expect(login()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(questions).toEqual([])
  })

  it.each([
    [{ json: { data: {} } }],
    [{ json: { data: { auth_url: 'nonsense' } } }],
    [{ json: { data: { auth_url: 'https://sso.example.com/', poll_interval: '5' } } }],
  ])('because the answer is no login: %j', async (answer) => {
    const { vault, login } = await open()
    vault.on(beginRoute, answer)
    await expect(login()).rejects.toMatchObject({ code: 'VAULT_BAD_RESPONSE' })
  })

  it('takes the next port where the first one is taken, but no other than a configured one', async () => {
    const taken = await listenOnLoopback(0, (socket) => socket.destroy())
    try {
      const { login } = await open({ port: taken.port })
      await expect(login()).rejects.toMatchObject({
        code: 'VAULT_CONFIG',
        message: expect.stringContaining(`nothing can listen on port ${taken.port} of this machine`),
        hint: expect.stringContaining('set port of auth'),
      })
    } finally {
      await taken.close()
    }
  })
})

describe('a login by OIDC that is polled for', () => {
  const pending = recorded('poll before the person is done, direct')
  const slowDown = recorded('poll, device: the provider asks to slow down')

  it('asks at the pace that the server wants, more slowly where it says so, and through an outage', async () => {
    const { vault, login, question, clock } = await open({ callback_mode: 'device' })
    vault.on(beginRoute, recorded('auth_url in device mode'))
    vault.on(
      pollRoute,
      pending,
      slowDown,
      { status: 503, json: { errors: ['Vault is sealed'] } },
      recorded('poll, device: confirmed'),
    )
    const outcome = login()
    const asked = await question()
    expect(asked).toMatchObject({ url: 'http://127.0.0.1:36045/activate?user_code=WDJB-MJHT' })
    expect(asked.takesAddress).toBeUndefined()
    expect(vault.requests[0]!.body).toMatchObject({ redirect_uri: '' })
    const polls = () => vault.calls().filter((call) => call === pollRoute).length
    for (const [waitMs, count] of [
      [2_000, 1],
      [2_000, 2],
      [4_000, 3],
      [4_000, 4],
    ] as const) {
      const timers = clock.pendingTimers()
      await until(() => clock.pendingTimers() >= 2)
      clock.advance(waitMs - 1)
      expect(polls()).toBe(count - 1)
      clock.advance(1)
      await until(() => polls() === count)
      expect(timers).toBeGreaterThan(0)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await outcome).token.expose()).toBe('s.Z6EMIF8pb9oKGJ7cDJeSvWNL')
  })

  it('shows the code that the page wants', async () => {
    const { vault, login, question, over } = await open({ callback_mode: 'device' })
    vault.on(beginRoute, {
      json: { data: { auth_url: 'https://sso.example.com/device', user_code: 'WDJB-MJHT', state, poll_interval: '5' } },
    })
    const outcome = login()
    expect(await question()).toMatchObject({ url: 'https://sso.example.com/device', userCode: 'WDJB-MJHT' })
    over.abort(new Error('enough'))
    await expect(outcome).rejects.toThrow('enough')
  })

  it('comes back to the server in direct mode, and ends where the person says no', async () => {
    const { vault, login, question, clock } = await open({ callback_mode: 'direct', role: 'dev', mount: 'auth/oidc/' })
    vault.on(beginRoute, recorded('auth_url in direct mode'))
    vault.on(pollRoute, recorded('poll, device: the person said no'))
    const outcome = login()
    await question()
    expect(vault.requests[0]!.body).toMatchObject({
      role: 'dev',
      redirect_uri: `${vault.address}/v1/auth/oidc/oidc/callback`,
    })
    clock.advance(5_000)
    await expect(outcome).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      message: 'vault corp: the login was declined in the browser',
    })
  })

  it('points to the browser after five minutes, where the server tells what it refuses', async () => {
    const { vault, login, question, clock } = await open({ callback_mode: 'direct' })
    vault.on(beginRoute, recorded('auth_url in direct mode'))
    vault.on(pollRoute, pending)
    const outcome = login()
    await question()
    clock.advance(5 * 60_000)
    await expect(outcome).rejects.toMatchObject({
      code: 'VAULT_LOGIN_FAILED',
      hint: 'run: latchkey login corp; if the server has refused it, the last page in the browser says why',
    })
  })

  it.each([
    ['is refused', 403, 'failed to satisfy enforcement all. error: denied'],
    ['came too late', 400, 'invalid request ID'],
  ])('asks once for a second factor that %s', async (_, status, text) => {
    const { vault, login, question, questions, clock } = await open({ callback_mode: 'device' })
    vault.on(beginRoute, recorded('auth_url in device mode'))
    const any = [{ type: 'duo', id: 'm1', uses_passcode: false }]
    vault.on(pollRoute, auth('', { mfa_requirement: { mfa_request_id: 'r1', mfa_constraints: { all: { any } } } }))
    vault.on('POST sys/mfa/validate', { status, json: { errors: [text] } }, auth('hvs.late'))
    const outcome = login()
    await question()
    clock.advance(2_000)
    await expect(outcome).rejects.toMatchObject({ name: 'VaultError' })
    expect(vault.calls().filter((call) => call === 'POST sys/mfa/validate')).toHaveLength(1)
    expect(questions).toHaveLength(2)
  })

  it('asks for no second factor after a no to the visit', async () => {
    const { vault, login, question, questions, refuse, clock } = await open({ callback_mode: 'device' })
    vault.on(beginRoute, recorded('auth_url in device mode'))
    const any = [{ type: 'duo', id: 'm1', uses_passcode: false }]
    vault.on(pollRoute, () => {
      refuse(new PromptError('PROMPT_CANCELLED', 'cancelled'))
      return auth('', { mfa_requirement: { mfa_request_id: 'r1', mfa_constraints: { all: { any } } } })
    })
    const outcome = login()
    await question()
    clock.advance(2_000)
    await expect(outcome).rejects.toMatchObject({ code: 'PROMPT_CANCELLED' })
    expect(questions).toHaveLength(1)
  })

  it('that is given up during a poll brings its token, to be revoked', async () => {
    const { vault, login, question, clock, over } = await open({ callback_mode: 'device' })
    vault.on(beginRoute, recorded('auth_url in device mode'))
    vault.on(pollRoute, () => {
      over.abort(new Error('logged out'))
      return recorded('poll, device: confirmed')
    })
    const outcome = login()
    await question()
    clock.advance(2_000)
    expect((await outcome).token.expose()).toBe('s.Z6EMIF8pb9oKGJ7cDJeSvWNL')
  })
})

it('an identity is the mount and the role, and a person is needed', async () => {
  const { method } = await open({ mount: 'sso', role: 'dev' })
  expect(method).toMatchObject({ type: 'login', name: 'oidc', identity: 'sso/dev', isUnattended: false })
})
