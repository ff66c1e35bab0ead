#!/usr/bin/env node
// The few commands of Vault's own CLI that the README shows, as that sends them: each value a text, `-` the standard
// input. For machines without it.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'

const [verb, ...rest] = process.argv.slice(2)
const call = toCall()
const sent = request(`${process.env.VAULT_ADDR}/v1/${call.path}`, {
  method: 'PUT',
  headers: { 'X-Vault-Token': process.env.VAULT_TOKEN, 'X-Vault-Request': 'true' },
})
sent.on('response', (response) => {
  response.pipe(response.statusCode < 300 ? process.stdout : process.stderr)
  process.exitCode = response.statusCode < 300 ? 0 : 2
})
sent.end(JSON.stringify(call.body))

function toCall() {
  const input = () => readFileSync(0, 'utf8')
  if (verb === 'write') {
    const [path, ...fields] = rest
    return { path, body: fields[0] === '-' ? JSON.parse(input()) : Object.fromEntries(fields.map(keyAndValue)) }
  }
  const [action, ...names] = rest
  if (verb === 'policy' && action === 'write' && names[1] === '-') {
    return { path: `sys/policies/acl/${names[0]}`, body: { policy: input() } }
  }
  const table = { secrets: 'mounts', auth: 'auth' }[verb]
  if (table === undefined || action !== 'enable') throw new Error(`not known here: vault ${process.argv.slice(2)}`)
  const type = names.at(-1)
  const [, path = type] = /^-path=(.+)$/.exec(names[0]) ?? []
  return { path: `sys/${table}/${path}`, body: { type } }
}

function keyAndValue(field) {
  const at = field.indexOf('=')
  return [field.slice(0, at), field.slice(at + 1)]
}
