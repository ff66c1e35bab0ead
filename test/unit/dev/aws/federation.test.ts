import { expect, it } from 'vitest'
import {
  addUser,
  type Credentials,
  credentialsOf,
  send,
  startDevAws,
  trusting,
  withCode,
} from '../../../support/dev-aws.ts'

const destination = 'https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1'
const arn = 'arn:aws:iam::111122223333:role/dev'

/** A user, a role of theirs, and the federation endpoint. */
async function openFederation() {
  const aws = await startDevAws()
  const user = await addUser(aws)
  await aws.addRole({ arn, trustPolicy: trusting(user.arn), maxSessionDurationSeconds: 43_200 })
  const { hostname, port } = new URL(aws.endpoint)
  const request = (method: string, fields: Record<string, string>) => {
    const text = new URLSearchParams(fields).toString()
    const path = method === 'POST' ? '/federation' : `/federation?${text}`
    return send({ hostname, port: Number(port), method, path, ...(method === 'POST' ? { body: text } : {}) })
  }
  const session = async () => credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) }))
  const role = async (by: Credentials = user) =>
    credentialsOf(await aws.call(by, { Action: 'AssumeRole', RoleArn: arn, RoleSessionName: 'jo' }))
  const ask = (credentials: Credentials, more: Record<string, string> = {}, method = 'POST') =>
    request(method, { Action: 'getSigninToken', Session: sessionJson(credentials), ...more })
  const login = (SigninToken: string, Destination = destination) =>
    request('GET', { Action: 'login', Issuer: '', Destination, SigninToken })
  return { aws, request, session, role, ask, login }
}

function sessionJson({ accessKeyId, secretAccessKey, sessionToken }: Credentials): string {
  return JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken })
}

const tokenOf = ({ xml }: { xml: string }): string => JSON.parse(xml).SigninToken

it('signs a role in once, for what its credentials have left, and logs who it was without a secret', async () => {
  const { aws, session, role, ask, login } = await openFederation()
  const credentials = await role(await session())
  const until = new Date(Math.floor(aws.clock.now() / 1000) * 1000 + 3_600_000).toISOString().slice(0, 16)
  aws.clock.advance(10_000)
  const token = tokenOf(await ask(credentials))
  const page = await login(token)
  expect(page.status).toBe(200)
  expect(page.xml).toContain(`signed in as arn:aws:sts::111122223333:assumed-role/dev/jo until ${until}`)
  expect(page.xml).toContain(destination)
  expect(await login(token)).toMatchObject({ status: 400, xml: 'the sign-in token is not valid\n' })
  expect(aws.calls.slice(-3)).toMatchObject([
    { action: 'getSigninToken', principal: 'arn:aws:sts::111122223333:assumed-role/dev/jo', status: 200 },
    { action: 'login', status: 200 },
    { action: 'login', principal: null, status: 400 },
  ])
  expect(JSON.stringify(aws.calls)).not.toContain(token)
})

it('forgets a token after 15 minutes', async () => {
  const { aws, role, ask, login } = await openFederation()
  const [early, late] = [tokenOf(await ask(await role())), tokenOf(await ask(await role()))]
  aws.clock.advance(15 * 60_000 - 1)
  expect((await login(early)).status).toBe(200)
  aws.clock.advance(1)
  expect((await login(late)).status).toBe(400)
})

it('gives a console a length of its own only where a long-term key assumed the role', async () => {
  const { aws, session, role, ask, login } = await openFederation()
  const direct = await role()
  const page = await login(tokenOf(await ask(direct, { SessionDuration: '43200' })))
  expect(page.xml).toContain(`until ${new Date(aws.clock.now() + 43_200_000).toISOString()}`)
  for (const SessionDuration of ['899', '43201', '1e3', '']) {
    expect((await ask(direct, { SessionDuration })).xml).toBe('SessionDuration is not from 900 to 43200\n')
  }
  const refused = await ask(await role(await session()), { SessionDuration: '3600' })
  expect(refused.xml).toBe('SessionDuration needs a role that was assumed by a long-term key\n')
})

it('refuses a session that is not a valid one of a role', async () => {
  const { aws, request, session, role, ask } = await openFederation()
  const credentials = await role()
  expect((await ask(await session())).xml).toBe('the session is not of a role\n')
  expect((await ask({ ...credentials, secretAccessKey: 'x'.repeat(40) })).xml).toBe('the session is not valid\n')
  expect((await ask({ ...credentials, accessKeyId: 'ASIAOTHER' })).xml).toBe('the session is not valid\n')
  for (const Session of ['', '{', '[]', '{"sessionId":"a"}']) {
    const refused = await request('POST', { Action: 'getSigninToken', Session })
    expect(refused).toMatchObject({ status: 400, xml: 'Session is not the JSON of a session\n' })
  }
  aws.clock.advance(3_600_001)
  expect((await ask(credentials)).xml).toBe('the session is not valid\n')
})

it('refuses credentials of a role that is another by now', async () => {
  const { aws, role, ask } = await openFederation()
  const credentials = await role()
  aws.directory.role(arn)!.id = 'AROAOTHER'
  expect((await ask(credentials)).xml).toBe('the role is gone\n')
})

it('refuses a secret in a URL, other actions and pages that are not of the console', async () => {
  const { role, request, ask, login } = await openFederation()
  expect((await ask(await role(), {}, 'GET')).xml).toBe('a session belongs in a POST\n')
  expect((await request('POST', { Action: 'logout' })).xml).toBe('there is no such action\n')
  for (const page of [
    '',
    'http://console.aws.amazon.com/',
    'https://example.org/',
    'https://xconsole.aws.amazon.com/',
  ]) {
    expect((await login('any', page)).xml).toBe('Destination is not a page of the console\n')
  }
})

it('signs out, and goes on to a sign-in of its own only', async () => {
  const { aws } = await openFederation()
  const { hostname, port, host } = new URL(aws.endpoint)
  const signOut = (next: string, Action = 'logout') =>
    send({
      hostname,
      port: Number(port),
      method: 'GET',
      path: `/oauth?${new URLSearchParams({ Action, redirect_uri: next }).toString()}`,
    })
  const own = `http://${host}/federation?Action=login`
  expect(await signOut(own)).toMatchObject({ status: 302, headers: { location: own } })
  expect((await signOut('https://evil.test/')).status).toBe(400)
  expect((await signOut(own, 'login')).status).toBe(400)
  expect((await signOut('')).status).toBe(400)
})
