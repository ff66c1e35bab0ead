import { expect, it } from 'vitest'
import { createCertificateSource } from '../../../../src/agent/identities/certificate-source.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { settle } from '../../../support/agent-issuer.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = fakeClock()
  const source = createCertificateSource({ name: 'vault corp', clock, log: silentLogger })
  const ended: string[] = []
  const wait = (name: string, attempt: Promise<unknown>) => void source.waitFor(attempt).then(() => ended.push(name))
  return { clock, source, ended, wait }
}

const hanging = new Promise<void>(() => {})

it('is away for five minutes after a failure, and no longer', () => {
  const { clock, source } = setUp()
  source.failed(new Error('away'))
  clock.advance(299_999)
  expect(source.isAway()).toBe(true)
  clock.advance(1)
  expect(source.isAway()).toBe(false)
})

/** The one that waits behind the first ends after so many ms, and not before. */
async function secondEndsAfter(ms: number, { clock, source, ended }: ReturnType<typeof setUp>): Promise<void> {
  clock.advance(ms - 1)
  await settle()
  expect(ended).toEqual(['first'])
  expect(source.isAway()).toBe(false)
  clock.advance(1)
  await settle()
  expect(ended).toEqual(['first', 'second'])
  expect(source.isAway()).toBe(true)
}

it('is waited for on by the others when one has got what it waited for, for eight seconds from the first', async () => {
  const world = setUp()
  const { clock, ended, wait } = world
  let answer = () => {}
  wait('first', new Promise<void>((resolve) => (answer = resolve)))
  clock.advance(1_000)
  wait('second', hanging)
  answer()
  await settle()
  expect(ended).toEqual(['first'])
  await secondEndsAfter(7_000, world)
})

it('is waited for anew, for as long again, by who comes when nobody waits', async () => {
  const world = setUp()
  const { clock, wait } = world
  wait('first', Promise.resolve())
  await settle()
  clock.advance(7_000)
  wait('second', hanging)
  await secondEndsAfter(8_000, world)
})

it('is waited for by nobody once it has failed', async () => {
  const { source, ended, wait } = setUp()
  wait('first', hanging)
  source.failed(new Error('away'))
  wait('second', hanging)
  await settle()
  expect(ended.sort()).toEqual(['first', 'second'])
})
