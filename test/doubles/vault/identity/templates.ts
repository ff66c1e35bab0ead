import type { Entity } from './identity.ts'

/** Thrown by `renderTemplate`; the text is what Vault prints after `could not be rendered -> `. */
export class TemplateError extends Error {}

const notFound = 'no value could be found for one of the template directives'

/** Whether a text has anything to render. */
export function hasTemplate(text: string): boolean {
  return /\{\{.+?\}\}/.test(text)
}

/**
 * Renders `{{identity.entity.…}}` (OpenBao sdk/helper/identitytpl). There are no groups here, so their directives fail.
 * @throws {TemplateError}
 */
export function renderTemplate(text: string, entity: Entity | undefined): string {
  if (text.split('{{').length !== text.split('}}').length) throw new TemplateError('unbalanced templating characters')
  return text.replace(/\{\{(.*?)\}\}/g, (_whole, directive: string) => renderDirective(directive.trim(), entity))
}

function renderDirective(directive: string, entity: Entity | undefined): string {
  if (directive.startsWith('identity.groups.')) {
    throw new TemplateError('string contains groups template directives but no groups were provided')
  }
  if (!directive.startsWith('identity.entity.')) throw new TemplateError(notFound)
  if (entity === undefined) {
    throw new TemplateError('string contains entity template directives but no entity was provided')
  }
  const selector = directive.slice('identity.entity.'.length)
  if (selector.startsWith('aliases.')) return aliasValueOf(selector.slice('aliases.'.length), entity)
  return present(ownValueOf(selector, entity))
}

function aliasValueOf(selector: string, entity: Entity): string {
  const at = selector.indexOf('.')
  if (at < 0) throw new TemplateError('invalid alias selector')
  const alias = entity.aliases.find(({ mountAccessor }) => mountAccessor === selector.slice(0, at))
  if (alias === undefined) throw new TemplateError('alias not found')
  return present(ownValueOf(selector.slice(at + 1), alias))
}

function ownValueOf(
  selector: string,
  owner: { id: string; name: string; metadata: Readonly<Record<string, string>> },
): string | undefined {
  if (selector === 'id') return owner.id
  if (selector === 'name') return owner.name
  if (!selector.startsWith('metadata.')) return undefined
  const key = selector.slice('metadata.'.length)
  return Object.hasOwn(owner.metadata, key) ? owner.metadata[key] : undefined
}

function present(value: string | undefined): string {
  if (value === undefined || value === '') throw new TemplateError(notFound)
  return value
}
