import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { textOf } from '../../../../src/dev/vault/fields.ts'
import type { SshRole } from '../../../../src/dev/vault/ssh/ssh-role.ts'
import { createIdentityStore, type Entity } from '../identity/identity.ts'
import { hasTemplate, renderTemplate, TemplateError } from '../identity/templates.ts'

/** Roles whose principals and extensions are templates, rendered for the caller's entity. */
export const roleTemplates: Plugin = (core) => {
  const identity = createIdentityStore(core, core.now)
  return {
    ssh: {
      fields: {
        allowed_users_template: 'boolean',
        allowed_domains_template: 'boolean',
        default_user_template: 'boolean',
        default_extensions_template: 'boolean',
        allow_commas_in_identity_templates: 'boolean',
      },
      defaults: {
        allowed_users_template: false,
        allowed_domains_template: false,
        default_user_template: false,
        default_extensions_template: false,
        allow_commas_in_identity_templates: false,
      },
      principals(role, field, entityId) {
        const text = textOf(role[field])
        const isTemplate = role[`${field}_template`] === true
        return isTemplate ? renderPrincipals(role, field, text, identity.find(entityId)) : text
      },
      extensions: (role, entityId) => decideExtensions(role, identity.find(entityId)),
    },
  }
}

/** Without an entity a template stays as it is, and is then a name like any other. */
function renderPrincipals(role: SshRole, field: string, text: string, entity: Entity | undefined): string {
  if (!hasTemplate(text) || entity === undefined) return text
  try {
    return text
      .split(/(\{\{.*?\}\})/)
      .map((part) => {
        const value = renderTemplate(part, entity)
        // A comma in a name would make two principals of it.
        if (part.startsWith('{{') && value.includes(',') && role.allow_commas_in_identity_templates !== true) {
          throw new TemplateError('the value of an identity template holds a comma')
        }
        return value
      })
      .join('')
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const message = `template '${text}' could not be rendered -> ${error.message}`
    throw field === 'default_user' ? new DevVaultError('INTERNAL', message) : invalidRequest(message)
  }
}

const skippedExtensions =
  'default_extension templating enabled with at least one extension requiring identity templating. However, this request lacked identity entity information, causing one or more extensions to be skipped from the generated certificate.'

function decideExtensions(role: SshRole, entity: Entity | undefined) {
  const defaults = Object.entries(role.default_extensions)
  if (role.default_extensions_template !== true) return { extensions: role.default_extensions, warnings: [] }
  const usable = defaults.filter(([, value]) => entity !== undefined || !hasTemplate(value))
  return {
    extensions: Object.fromEntries(usable.map(([name, value]) => [name, renderExtension(value, entity)])),
    warnings: usable.length < defaults.length ? [skippedExtensions] : [],
  }
}

function renderExtension(value: string, entity: Entity | undefined): string {
  if (!hasTemplate(value)) return value
  try {
    return renderTemplate(value, entity)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw invalidRequest(`template '${value}' could not be rendered -> ${error.message}`)
  }
}
