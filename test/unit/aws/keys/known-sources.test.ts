import { describe, expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { doubtSource, namedSources } from '../../../../src/aws/keys/known-sources.ts'
import { CodedError } from '../../../../src/core/errors.ts'
import { devRole, usualSettings } from '../../../support/aws-world.ts'

const config = `[profile app]\nrole_arn = ${devRole}\nsource_profile = base\n[profile base]\n[profile self]\nrole_arn = ${devRole}\nsource_profile = self\n[profile bare]\nregion = eu-west-1\n`
const shared = parseSharedConfig({ config })
const doubt = (name: string, stored: readonly string[] = ['master', 'base', 'self']) =>
  doubtSource(usualSettings, shared, stored, name)

it('the sources are those of config.toml, and what profiles get their credentials from', () => {
  expect(namedSources(usualSettings, shared)).toEqual(['base', 'master', 'self'])
})

describe('the name for a key', () => {
  it.each(['master', 'base', 'self'])('%s is that of a source', (name) => {
    expect(doubt(name)).toBeUndefined()
    expect(doubt(name, [])).toBeUndefined()
  })

  it('is good where it has a key already, or is new where no source is without one', () => {
    expect(doubt('elsewhere', ['master', 'base', 'self', 'elsewhere'])).toBeUndefined()
    expect(doubt('elsewhere')).toBeUndefined()
    expect(doubtSource({ profiles: {}, sources: {} }, parseSharedConfig({}), [], 'master')).toBeUndefined()
  })

  it('is doubted where it is that of a role', () => {
    expect(doubt('dev')).toEqual({
      reason: 'dev is a profile that uses the key of master',
      instead: ['master'],
      isTaken: true,
    })
    expect(doubt('app')).toMatchObject({ reason: 'app is a profile that uses the key of base', instead: ['base'] })
  })

  it.each([
    ['a source that is not there', 'source_profile = nobody', 'nobody'],
    ['a role that has a source that is not there', 'source_profile = lost', 'nobody'],
    ['a source in another partition', 'source_profile = master', 'master'],
  ])('is doubted where it is that of a role behind %s', (_, line, instead) => {
    const role = (name: string) => `[profile ${name}]\nrole_arn = ${devRole.replace('arn:aws:', 'arn:aws-cn:')}\n`
    const config = `${role('broken')}${line}\n${role('lost')}source_profile = nobody\n`
    expect(doubtSource(usualSettings, parseSharedConfig({ config }), ['master'], 'broken')).toEqual({
      reason: `broken is a profile that uses the key of ${instead}`,
      instead: [instead],
      isTaken: true,
    })
  })

  it('is doubted where it is that of a profile which is wrong itself, or is none of ours', () => {
    const config = `[profile wrong]\nrole_arn = ${devRole}\n[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Dev\n`
    const doubtIn = (name: string) => doubtSource(usualSettings, parseSharedConfig({ config }), ['master'], name)
    expect(doubtIn('wrong')).toEqual({ reason: expect.stringMatching(/^profile wrong: /), instead: [] })
    expect(doubtIn('sso')).toEqual({ reason: expect.stringContaining('sso'), instead: [] })
  })

  it('is doubted while its section is switched off', () => {
    const fault = new CodedError('CONFIG_INVALID', 'config.toml:3:1: aws.source.base: unknown key')
    const settings = { ...usualSettings, switchedOff: (name: string) => (name === 'base' ? fault : undefined) }
    expect(doubtSource(settings, parseSharedConfig({}), ['master'], 'base')).toEqual({
      reason: fault.message,
      instead: [],
    })
  })

  it('is doubted where profiles name each other in a circle, which none of them breaks', () => {
    const config = `[profile a]\nrole_arn = ${devRole}\nsource_profile = b\n[profile b]\nrole_arn = ${devRole}\nsource_profile = a\n`
    expect(doubtSource(usualSettings, parseSharedConfig({ config }), ['master'], 'a')).toMatchObject({ instead: ['b'] })
  })

  it('is doubted where it is nearly that of a source', () => {
    expect(doubt('mastr')).toEqual({ reason: 'no source is called mastr; there is master', instead: ['master'] })
    expect(doubt('bsae')).toMatchObject({ instead: ['base'] })
  })

  it('is doubted where a source has no key yet', () => {
    expect(doubt('elsewhere', ['master', 'self'])).toEqual({
      reason: 'no profile uses elsewhere; sources without a key: base',
      instead: ['base'],
    })
  })
})
