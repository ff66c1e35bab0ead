import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keyImportWorld } from '../../../support/key-import-world.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const credentials = `# c\r\n[base]\r\naws_access_key_id = ${id}\r\n# d\r\naws_secret_access_key = ${secret}\r\nregion = a-b`
const config = `[profile x]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/jo\n`

async function imported() {
  const world = keyImportWorld({ credentials, config })
  expect((await world.run(['--yes'])).failure).toBeUndefined()
  expect(world.text('credentials')).not.toContain(id)
  return world
}

describe('an import that is undone', () => {
  it('leaves the files and the keychain as they were', async () => {
    const world = await imported()
    const { printed, asked, failure } = await world.run(['--undo'], ['y'])
    expect(failure).toBeUndefined()
    expect(asked).toEqual(['put this back, the keys in plain text? (y/N): '])
    expect(printed).toContain(`${world.path('credentials')}
  + aws_access_key_id = ${id}
  + aws_secret_access_key = [secret]
`)
    expect([world.text('credentials'), world.text('config')]).toEqual([credentials, config])
    expect([world.stored.size, await world.keychain.list()]).toEqual([0, []])
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({
      code: 'REFUSED',
      message: 'there is no import to undo: they can be undone for 30 days',
    })
  })

  it('keeps what was written since', async () => {
    const world = await imported()
    writeFileSync(world.path('credentials'), `[new]\r\n\r\n${world.text('credentials')}\r\n[newer]\r\n`)
    expect((await world.run(['--undo', '--yes'])).failure).toBeUndefined()
    expect(world.text('credentials')).toBe(`[new]\r\n\r\n${credentials}\r\n[newer]\r\n`)
  })

  it('is refused where a file has no place for the lines, and nothing is changed', async () => {
    const world = await imported()
    writeFileSync(world.path('credentials'), '[other]\r\n')
    const before = world.text('config')
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('no place in it any more') as string,
    })
    expect([world.text('config'), world.stored.size]).toEqual([before, 1])
  })

  it('is refused where a file is gone, and nothing is changed', async () => {
    const world = await imported()
    rmSync(world.path('credentials'))
    const before = world.text('config')
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({
      code: 'REFUSED',
      message: `there is no file ${world.path('credentials')} any more, into which the lines could come back`,
    })
    expect([world.text('config'), world.stored.size]).toEqual([before, 1])
  })

  it('stops at a file that cannot be changed, and goes on from there', async () => {
    const world = await imported()
    chmodSync(world.path('config'), 0o400)
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/^the key is in the keychain still, but .*config is write-protected/) as string,
      hint: 'put that right, and run the command again: it goes on from there',
    })
    expect([world.text('credentials'), world.stored.size]).toEqual([credentials, 1])
    chmodSync(world.path('config'), 0o600)
    expect((await world.run(['--undo', '--yes'])).failure).toBeUndefined()
    expect([world.text('config'), world.stored.size]).toEqual([config, 0])
  })

  it('keeps a key that the keychain had before, and one that has replaced it', async () => {
    const world = keyImportWorld({ credentials })
    world.stored.set('base', { accessKeyId: id, secret })
    await world.run(['--yes'])
    await world.run(['--undo', '--yes'])
    expect(world.stored.size).toBe(1)
    const rotated = await imported()
    rotated.stored.set('base', { accessKeyId: 'AKIANEW0000000000000', secret })
    expect((await rotated.run(['--undo', '--yes'])).failure).toBeUndefined()
    expect(rotated.stored.get('base')).toMatchObject({ accessKeyId: 'AKIANEW0000000000000' })
    expect(await rotated.keychain.list()).toEqual([])
  })

  it.each(['listKeys', 'removeKey'])('goes on where it was killed at %s', async (step) => {
    const world = await imported()
    world.onCall = (name) => {
      if (name === step) throw new Error('killed')
    }
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({ message: 'killed' })
    world.onCall = () => {}
    expect((await world.run(['--undo', '--yes'])).failure).toBeUndefined()
    expect([world.text('credentials'), world.text('config')]).toEqual([credentials, config])
    expect([world.stored.size, await world.keychain.list()]).toEqual([0, []])
  })

  it('is shown with --dry-run, and asked about', async () => {
    const world = await imported()
    const before = world.text('credentials')
    expect((await world.run(['--undo', '--dry-run'])).failure).toBeUndefined()
    expect((await world.run(['--undo'])).failure).toMatchObject({ code: 'USAGE' })
    expect((await world.run(['--undo'], [''])).failure).toMatchObject({ code: 'CANCELLED' })
    expect(world.text('credentials')).toBe(before)
  })

  it('is nothing to name files for', async () => {
    expect((await keyImportWorld().run(['--undo', 'x'])).failure).toMatchObject({ code: 'USAGE' })
    expect((await keyImportWorld().run(['--undo', '--source', 'x'])).failure).toMatchObject({ code: 'USAGE' })
  })

  it('is over after thirty days', async () => {
    const world = await imported()
    world.clock.advance(30 * 86_400_000)
    expect((await world.run(['--undo', '--yes'])).failure).toMatchObject({ code: 'REFUSED' })
  })
})
