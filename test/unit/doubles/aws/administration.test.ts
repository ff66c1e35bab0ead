import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { type AwsDirectory, createDirectory } from '../../../../src/dev/aws/directory.ts'
import { type DevAwsState, parseState } from '../../../../src/dev/aws/state.ts'
import { type AwsAdministration, createAdministration } from '../../../doubles/aws/administration.ts'
import { trusting } from '../../../support/dev-aws.ts'

const jo = 'arn:aws:iam::111122223333:user/jo'
const dev = 'arn:aws:iam::123456789012:role/Dev'
const refusal = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

let state: DevAwsState
let saved: string[]
let own: AwsDirectory
let directory: AwsAdministration

beforeEach(() => {
  state = parseState(undefined)
  saved = []
  own = createDirectory(state, async () => {
    saved.push(JSON.stringify(state))
  })
  directory = createAdministration(own, () => 1_767_323_045_000)
})

it('saves each change before it is done, in a form that is read back', async () => {
  await directory.addUser({ arn: jo, mayAssume: [dev] })
  const { accessKeyId } = await directory.addAccessKey(jo)
  const { serialNumber } = await directory.addMfaDevice(jo)
  await directory.setAccessKeyStatus(accessKeyId, 'Inactive')
  await directory.addRole({ arn: dev, trustPolicy: trusting(jo) })
  await directory.setTrustPolicy(dev, trusting('*'))
  expect(saved).toHaveLength(6)
  expect(parseState(saved.at(-1))).toEqual(state)
  await directory.removeMfaDevice(serialNumber)
  await directory.removeAccessKey(accessKeyId)
  await directory.removeUser(jo)
  await directory.removeRole(dev)
  expect(saved).toHaveLength(10)
  expect(state).toMatchObject({ users: [], roles: [] })
})

describe('a user', () => {
  it('has a unique id, which is another one when they are made anew', async () => {
    await directory.addUser({ arn: jo })
    const first = directory.user(jo)?.id
    await directory.removeUser(jo)
    expect(directory.user(jo)).toBeUndefined()
    await directory.addUser({ arn: jo })
    expect(directory.user(jo)?.id).not.toBe(first)
  })

  it('is there once', async () => {
    await directory.addUser({ arn: jo })
    await expect(directory.addUser({ arn: jo })).rejects.toThrow(
      refusal('EntityAlreadyExists', 'User with name jo already exists.'),
    )
  })

  it.each(['jo', dev, 'arn:aws:iam::1:user/jo'])('has an ARN of a user, not %s', async (arn) => {
    await expect(directory.addUser({ arn })).rejects.toThrow(refusal('ValidationError', `${arn} is invalid`))
  })
})

describe('access keys', () => {
  it('are two at most, active or not', async () => {
    await directory.addUser({ arn: jo })
    const { accessKeyId } = await directory.addAccessKey(jo)
    await directory.setAccessKeyStatus(accessKeyId, 'Inactive')
    await directory.addAccessKey(jo)
    await expect(directory.addAccessKey(jo)).rejects.toThrow(
      refusal('LimitExceeded', 'Cannot exceed quota for AccessKeysPerUser: 2'),
    )
    await directory.removeAccessKey(accessKeyId)
    await expect(directory.addAccessKey(jo)).resolves.toBeDefined()
  })

  it('are found by their id, with their user', async () => {
    await directory.addUser({ arn: jo })
    const { accessKeyId, secretAccessKey } = await directory.addAccessKey(jo)
    expect(own.accessKey(accessKeyId)).toMatchObject({
      key: { secret: secretAccessKey.expose(), status: 'Active' },
      user: { name: 'jo' },
    })
    expect(own.accessKey('AKIAOTHER')).toBeUndefined()
  })

  it('are handed out without being printed', async () => {
    await directory.addUser({ arn: jo })
    const key = await directory.addAccessKey(jo)
    const device = await directory.addMfaDevice(jo)
    const shown = inspect([key, device]) + JSON.stringify([key, device])
    expect(shown).not.toContain(key.secretAccessKey.expose())
    expect(shown).not.toContain(device.secretBase32.expose())
  })
})

describe('an MFA device', () => {
  it('is named as its user and has a secret of 160 bits', async () => {
    await directory.addUser({ arn: jo })
    const device = await directory.addMfaDevice(jo)
    expect(device.serialNumber).toBe('arn:aws:iam::111122223333:mfa/jo')
    expect(device.secretBase32.expose()).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('may have a name and a secret of its own, if that is base32', async () => {
    await directory.addUser({ arn: jo })
    const serialNumber = 'arn:aws:iam::111122223333:mfa/phone'
    const secretBase32 = new Secret('JBSWY3DPEHPK3PXP')
    expect(await directory.addMfaDevice(jo, { serialNumber, secretBase32 })).toEqual({ serialNumber, secretBase32 })
    await expect(directory.addMfaDevice(jo, { secretBase32: new Secret('not base32!') })).rejects.toThrow(
      refusal('BASE32_INVALID'),
    )
    expect(directory.user(jo)?.mfaDevices).toHaveLength(1)
  })

  it('belongs to one user, who has eight at most', async () => {
    await directory.addUser({ arn: jo })
    for (let index = 0; index < 8; index++) {
      await directory.addMfaDevice(jo, { serialNumber: `arn:aws:iam::111122223333:mfa/${index}` })
    }
    await expect(directory.addMfaDevice(jo)).rejects.toThrow(refusal('LimitExceeded', 'MfaDevicesPerUser: 8'))
    const other = 'arn:aws:iam::111122223333:user/other'
    await directory.addUser({ arn: other })
    await expect(directory.addMfaDevice(other, { serialNumber: 'arn:aws:iam::111122223333:mfa/3' })).rejects.toThrow(
      refusal('EntityAlreadyExists'),
    )
    await expect(directory.addMfaDevice(other, { serialNumber: other })).rejects.toThrow(refusal('ValidationError'))
  })
})

describe('a role', () => {
  it('lasts an hour if nothing else is said', async () => {
    await directory.addRole({ arn: dev, trustPolicy: trusting(jo) })
    expect(directory.role(dev)).toMatchObject({ maxSessionDurationSeconds: 3600, mayAssume: [] })
  })

  it.each([3599, 43_201, Number.NaN])('cannot last %d seconds', async (maxSessionDurationSeconds) => {
    const role = { arn: dev, trustPolicy: trusting(jo), maxSessionDurationSeconds }
    await expect(directory.addRole(role)).rejects.toThrow(refusal('ValidationError'))
  })

  it('is there once, and has an ARN of a role', async () => {
    await directory.addRole({ arn: dev, trustPolicy: trusting(jo) })
    await expect(directory.addRole({ arn: dev, trustPolicy: trusting(jo) })).rejects.toThrow(
      refusal('EntityAlreadyExists'),
    )
    await expect(directory.addRole({ arn: jo, trustPolicy: trusting(jo) })).rejects.toThrow(refusal('ValidationError'))
  })

  it('must have a trust policy that can be judged', async () => {
    await expect(directory.addRole({ arn: dev, trustPolicy: {} })).rejects.toThrow(refusal('MalformedPolicyDocument'))
    expect(directory.role(dev)).toBeUndefined()
  })
})

it.each<[string, (directory: AwsAdministration) => Promise<unknown>]>([
  ['a user to remove', (own) => own.removeUser(jo)],
  ['a user to give a key', (own) => own.addAccessKey(jo)],
  ['a user to give a device', (own) => own.addMfaDevice(jo)],
  ['a key to change', (own) => own.setAccessKeyStatus('AKIA', 'Inactive')],
  ['a key to remove', (own) => own.removeAccessKey('AKIA')],
  ['a device to remove', (own) => own.removeMfaDevice('arn:aws:iam::111122223333:mfa/jo')],
  ['a role to change', (own) => own.setTrustPolicy(dev, trusting(jo))],
  ['a role to remove', (own) => own.removeRole(dev)],
])('does not find %s', async (_, change) => {
  await expect(change(directory)).rejects.toThrow(refusal('NoSuchEntity', 'cannot be found.'))
  expect(saved).toEqual([])
})
