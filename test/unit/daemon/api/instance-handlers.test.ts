import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Ec2Client, Ec2Signer } from '../../../../src/aws/ec2/ec2-client.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { instanceHandlers } from '../../../../src/daemon/api/instance-handlers.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'

const newBlob = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob
const [one, two] = [newBlob(), newBlob()]
const line = (blob: Uint8Array) => formatPublicKeyLine(blob, '')
const block = (...blobs: Uint8Array[]) =>
  ['-----BEGIN SSH HOST KEY KEYS-----', ...blobs.map(line), '-----END SSH HOST KEY KEYS-----', ''].join('\r\n')
const instance = 'i-0123456789abcdef0'

/** @param latest absent: the hardware does not tell */
function world({ state = 'running', posted = '', latest }: { state?: string; posted?: string; latest?: string }) {
  const asked: (boolean | Ec2Signer)[] = []
  const credentials = {
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: new Secret('s3cret'),
    sessionToken: new Secret('token'),
    expiresAtMs: 0,
  }
  const client: Ec2Client = {
    async describeInstance(signer) {
      asked.push(signer)
      return { state, names: ['web', '10.0.0.1'] }
    },
    async consoleOutput(_signer, _instance, isLatest) {
      asked.push(isLatest)
      if (isLatest) return latest === undefined ? undefined : Buffer.from(latest)
      return Buffer.from(posted)
    },
  }
  const aws = {
    ec2Place: async (_profile: string, region = 'eu-west-1') => ({ region, endpoint: undefined }),
    credentials: async () => credentials,
  }
  const { readInstanceKeys } = instanceHandlers(aws, async () => client)
  const read = (region?: string) =>
    readInstanceKeys({
      params: {},
      body: { profile: 'my dev', instance, ...(region === undefined ? {} : { region }) },
      connection: {} as never,
      caller: { mayPrompt: false },
    })
  return { read, asked, credentials }
}

it('reads the console as it is, and tells what is public of the keys', async () => {
  const { read, asked, credentials } = world({ latest: `${block(one)}${block(two)}` })
  expect(await read('eu-west-2')).toEqual({
    type: 'shown',
    region: 'eu-west-2',
    names: ['web', '10.0.0.1'],
    keys: [{ line: line(two), bits: 256, fingerprint: fingerprint(two) }],
    former: [fingerprint(one)],
    unreadable: 0,
  })
  expect(asked).toEqual([{ region: 'eu-west-2', endpoint: undefined, credentials }, true])
})

it.each([
  ['where the hardware does not tell', undefined],
  ['where it has gone from there', 'much else'],
  ['where only its end is left there', block(two, one).slice(60)],
])('reads what was posted at the start %s', async (_, latest) => {
  const { read, asked } = world({ posted: block(two, one), ...(latest === undefined ? {} : { latest }) })
  expect(await read()).toMatchObject({ type: 'shown', keys: [{ line: line(two) }, { line: line(one) }] })
  expect(asked.slice(1)).toEqual([true, false])
})

it('does not believe what was posted over newer keys that are not whole', async () => {
  const latest = `${line(two)}\n-----END SSH HOST KEY KEYS-----\n`
  expect(await world({ posted: block(one), latest }).read()).toEqual({
    type: 'not-shown',
    region: 'eu-west-1',
    why: 'cut',
  })
})

it.each([
  ['blank', ''],
  ['unended', block(one).slice(0, -40)],
  ['none', 'Linux'],
  ['cut', block(one).slice(40)],
  ['unreadable', block()],
])('says why there are none: %s', async (why, posted) => {
  expect(await world({ posted }).read()).toEqual({ type: 'not-shown', region: 'eu-west-1', why })
})

it('asks for no console of a machine that is not running', async () => {
  const { read, asked } = world({ state: 'stopped', posted: block(one) })
  expect(await read()).toEqual({ type: 'not-running', region: 'eu-west-1', state: 'stopped' })
  expect(asked).toHaveLength(1)
})
