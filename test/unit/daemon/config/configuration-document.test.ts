import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../../../../src/daemon/config/config-schema.ts'

const document = readFileSync(new URL('../../../../docs/CONFIGURATION.md', import.meta.url), 'utf8')

/** `vault.NAME` → its part of the document, up to the next heading of the same depth. */
function section(name: string): string {
  return document.split(/^## /m).find((part) => part.startsWith(`\`[${name}]\``)) ?? ''
}

interface Field {
  section: string
  key: string
}

/** Every key that the schema knows, with the table that holds it. Inline tables belong to the table around them. */
function fieldsOf(schema: unknown, table: readonly string[]): Field[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('wrapped' in schema) return fieldsOf(schema.wrapped, table)
  if ('options' in schema && Array.isArray(schema.options)) {
    return schema.options.flatMap((option) => fieldsOf(option, table))
  }
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null) {
    return Object.entries(schema.entries).flatMap(([key, value]) => {
      const inner = fieldsOf(value, isTable(value) ? [...table, key] : table)
      return isTable(value) ? inner : [{ section: table.join('.'), key }, ...inner]
    })
  }
  if ('value' in schema && 'key' in schema)
    return isStringMap(schema.value) ? [] : fieldsOf(schema.value, [...table, 'NAME'])
  return []
}

const unwrap = (schema: unknown): unknown =>
  typeof schema === 'object' && schema !== null && 'wrapped' in schema ? unwrap(schema.wrapped) : schema

function isTable(schema: unknown): boolean {
  const inner = unwrap(schema)
  if (typeof inner !== 'object' || inner === null) return false
  return 'entries' in inner || ('value' in inner && 'key' in inner && !isStringMap(inner.value))
}

const isStringMap = (value: unknown) =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'string'

describe('docs/CONFIGURATION.md', () => {
  const fields = fieldsOf(configSchema, []).filter((field) => field.key !== 'method')

  it('knows the form of the schema', () => {
    expect(fields).toContainEqual({ section: 'vault.NAME', key: 'address' })
    expect(fields).toContainEqual({ section: 'aws.profile.NAME', key: 'external_id' })
    expect(fields).toContainEqual({ section: 'ssh.identity.NAME', key: 'extensions' })
    expect(fields).toContainEqual({ section: 'vault.NAME', key: 'secret_id_file' })
  })

  it.each(fields)('documents $section $key', (field) => {
    expect(section(field.section)).toContain(`\`${field.key}\``)
  })

  it('names no key that does not exist', () => {
    const documented = [...document.matchAll(/^## `\[([\w.]+)\]`$/gm)].flatMap(([, name]) =>
      [...section(name!).matchAll(/^\| `(\w+)` +\|/gm)].map(([, key]) => ({ section: name!, key: key! })),
    )
    expect(documented.length).toBeGreaterThan(20)
    expect(
      documented.filter(({ section, key }) => !fields.some((f) => f.section === section && f.key === key)),
    ).toEqual([])
  })
})
