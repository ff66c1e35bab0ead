import { describe, expect, it } from 'vitest'
import { findKeys, planMove, type SearchedFile, sourceNameOf } from '../../../../src/aws/files/key-move.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const ini = (profile: string, one = id) =>
  `[${profile}]\naws_access_key_id = ${one}\naws_secret_access_key = ${secret}\nregion = a-b\n`
const env = `export AWS_ACCESS_KEY_ID=${id}\nexport AWS_SECRET_ACCESS_KEY=${secret}\n`

const config = (text: string): SearchedFile => ({ path: '/config', role: 'config', text })
const credentials = (text: string): SearchedFile => ({ path: '/credentials', role: 'credentials', text })
const other = (text: string): SearchedFile => ({ path: '/env', role: 'other', text })

describe('looking for keys', () => {
  it('finds one key in all its places', () => {
    const { movable, notes } = findKeys([credentials(ini('base')), other(env)])
    expect(notes).toEqual([])
    expect(movable).toMatchObject([
      { accessKeyId: id, places: [{ profile: 'base', file: { path: '/credentials' } }, { file: { path: '/env' } }] },
    ])
  })

  it('reads a file that somebody named in either format, and those of the AWS tools in theirs', () => {
    expect(findKeys([other(`[ -f x ] && y\n${env}`)]).movable[0]!.places[0]).not.toHaveProperty('profile')
    expect(findKeys([other(ini('old'))]).movable[0]!.places[0]).toMatchObject({ profile: 'old' })
    expect(findKeys([credentials(env)]).movable).toEqual([])
  })

  it('takes two secrets of one id for two keys, of which AWS knows the right one', () => {
    const wrong = ini('b').replace('wJalr', 'XXXXX')
    expect(findKeys([credentials(ini('a') + wrong)]).movable).toHaveLength(2)
  })

  it('leaves what is no long-term key, and says so', () => {
    const text = `${ini('t', 'ASIAIOSFODNN7EXAMPLE').trim()}\naws_session_token = t\n${ini('o', 'ASIAIOSFODNN7EXAMPLE')}`
    expect(findKeys([credentials(text)])).toEqual({
      movable: [],
      notes: [
        '/credentials: the credentials of t are temporary, there is nothing to keep',
        '/credentials: the access key of o is not a long-term one (AKIA…)',
      ],
    })
  })

  it('says which lines look like a key and are not moved', () => {
    const text = `${env}if x; then\n  export AWS_ACCESS_KEY_ID=${id}\nfi\n# ${secret}\n`
    const { movable, notes } = findKeys([other(text)])
    expect(movable).toHaveLength(1)
    expect(notes).toEqual([
      '/env: lines 4, 6 look like a key, in a comment or in a form that is not moved: take that out yourself',
    ])
    expect(notes.join()).not.toContain(secret)
  })
})

describe('the name of a key', () => {
  const nameOf = (...files: SearchedFile[]) => sourceNameOf(findKeys(files).movable[0]!, files)

  it('is that of its profile, in the files of the AWS tools first', () => {
    expect(nameOf(credentials(ini('base')), other(ini('old')))).toEqual({ name: 'base', isForced: false })
    expect(nameOf(credentials(''), other(ini('old')))).toEqual({ name: 'old', isForced: false })
    expect(nameOf(other(env))).toEqual({ name: 'default', isForced: false })
  })

  it('is another one where the profile is a role of its own key', () => {
    const role = '[profile base]\nrole_arn = r\nsource_profile = base\n'
    expect(nameOf(config(role), credentials(ini('base')))).toEqual({ name: 'base-key', isForced: true })
    expect(nameOf(config(role.replace('= base', '= x')), credentials(ini('base')))).toMatchObject({ name: 'base' })
  })
})

describe('a move', () => {
  const plan = (...files: SearchedFile[]) => {
    const keys = findKeys(files).movable.map((key) => ({ ...key, source: sourceNameOf(key, files).name }))
    return planMove(files, keys, { latchkey: '/l', sources: new Map() })
  }
  const block = '[profile base]\ncredential_process = /l aws credentials base\n'

  it('mends the profile first, and takes the key out of the other files last', () => {
    const { changes } = plan(other(`a\n${env}`), credentials(ini('base')), config(''))
    expect(changes).toMatchObject([
      { path: '/config', before: '', after: block },
      { path: '/credentials', after: '[base]\nregion = a-b\n' },
      { path: '/env', after: 'a\n' },
    ])
  })

  it('does both in one edit where the key stands in the config file', () => {
    const { changes } = plan(config(ini('profile base')), credentials(''))
    expect(changes).toMatchObject([
      { path: '/config', after: '[profile base]\nregion = a-b\ncredential_process = /l aws credentials base\n' },
    ])
    expect(changes[0]!.hunks).toHaveLength(3)
  })

  it('changes no profile of the AWS tools for a key of another file', () => {
    const { changes } = plan(config('[profile old]\nregion = a-b\n'), credentials(''), other(ini('old')))
    expect(changes.map(({ path }) => path)).toEqual(['/env'])
  })

  it('takes out the keys that were chosen, and no others', () => {
    const files = [config(''), credentials(ini('a') + ini('b', 'AKIAI44QH8DHBEXAMPLE'))]
    const [key] = findKeys(files).movable
    const { changes } = planMove(files, [{ ...key!, source: 'a' }], { latchkey: '/l', sources: new Map() })
    expect(changes[1]!.after).toBe(`[a]\nregion = a-b\n${ini('b', 'AKIAI44QH8DHBEXAMPLE')}`)
  })
})
