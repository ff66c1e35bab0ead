import { describe, expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { doubtSource, namedSources } from '../../../../src/aws/keys/known-sources.ts'
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
