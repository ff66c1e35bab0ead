import { expect, it } from 'vitest'
import { mergePrincipals, parsePrincipals, principalsMistake } from '../../../../src/helper/cloud-init/principals.ts'

it.each(['ubuntu=ops', 'root=ops,dev', 'jo.doe-1=jo@example.com', 'a=host:x+y'])('%s names principals', (text) => {
  expect(principalsMistake(text)).toBeUndefined()
})

it.each([
  'ubuntu',
  '=ops',
  'ubuntu=',
  'ubuntu=ops,',
  'ubuntu=ops dev',
  'ubuntu=ops\ndev',
  'ubuntu=ops/dev',
  'ubuntu=#ops',
  "ubuntu=o'ps",
  'ubuntu=-ops',
  '*=ops',
  '!root=ops',
  'a/b=ops',
  'a b=ops',
  '-a=ops',
])('%j is refused', (text) => {
  expect(principalsMistake(text)).toMatch(/^(write|the user|a principal)/)
})

it('a user who is named twice has the principals of both, each once', () => {
  const all = ['ubuntu=ops,ops', 'root=ops', 'ubuntu=dev,ops'].map(parsePrincipals)
  expect(mergePrincipals(all)).toEqual([
    { user: 'ubuntu', names: ['ops', 'dev'] },
    { user: 'root', names: ['ops'] },
  ])
})
