import { describe, expect, it } from 'vitest'
import type { Entity } from '../../../../doubles/vault/identity/identity.ts'
import { hasTemplate, renderTemplate } from '../../../../doubles/vault/identity/templates.ts'

const entity: Entity = {
  id: 'e-1',
  name: 'mia',
  metadata: { team: 'web', empty: '' },
  policies: [],
  disabled: false,
  aliases: [{ id: 'a-1', name: 'mia@corp', mountAccessor: 'auth_userpass_1', metadata: { login: 'm' } }],
  createdAtMs: 0,
}

describe('an identity template', () => {
  it.each([
    ['{{identity.entity.name}}', 'mia'],
    ['{{ identity.entity.id }}', 'e-1'],
    ['u-{{identity.entity.metadata.team}}-{{identity.entity.name}}', 'u-web-mia'],
    ['{{identity.entity.aliases.auth_userpass_1.name}}', 'mia@corp'],
    ['{{identity.entity.aliases.auth_userpass_1.id}}', 'a-1'],
    ['{{identity.entity.aliases.auth_userpass_1.metadata.login}}', 'm'],
    ['plain', 'plain'],
  ])('%s becomes %s', (template, text) => {
    expect(renderTemplate(template, entity)).toBe(text)
  })

  const notFound = 'no value could be found for one of the template directives'
  it.each([
    ['{{identity.entity.aliases.nope.name}}', 'alias not found'],
    ['{{identity.entity.aliases.nope}}', 'invalid alias selector'],
    ['{{identity.entity.metadata.other}}', notFound],
    ['{{identity.entity.metadata.constructor}}', notFound],
    ['{{identity.entity.metadata.empty}}', notFound],
    ['{{identity.entity.shoe}}', notFound],
    ['{{time.now}}', notFound],
    ['{{identity.groups.names.x.id}}', 'no groups were provided'],
    ['{{identity.entity.name', 'unbalanced templating characters'],
  ])('%s cannot be rendered: %s', (template, reason) => {
    expect(() => renderTemplate(template, entity)).toThrow(reason)
  })

  it('needs an entity', () => {
    expect(() => renderTemplate('{{identity.entity.name}}', undefined)).toThrow('no entity was provided')
  })

  it('is told from plain text', () => {
    expect(hasTemplate('a{{b}}')).toBe(true)
    expect(hasTemplate('{{}}')).toBe(false)
    expect(hasTemplate('{b}')).toBe(false)
  })
})
