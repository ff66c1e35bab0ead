import { describe, expect, it } from 'vitest'
import { fileState, isUntouched, markContent } from '../../../../src/helper/service/service-file.ts'

const marked = (content: string) => markContent(content, (text) => `# ${text}`)

describe('a service file', () => {
  it('carries a mark that stays true until somebody edits it', () => {
    const file = marked('[Unit]\nDescription=x\n')
    expect(file).toMatch(/^# Written by "latchkey service install".* [0-9a-f]{64}\n\[Unit\]\nDescription=x\n$/)
    expect(isUntouched(file)).toBe(true)
    expect(isUntouched(file.replace('x\n', 'y\n'))).toBe(false)
    expect(isUntouched(`${file}\n`)).toBe(false)
    expect(isUntouched('[Unit]\nDescription=x\n')).toBe(false)
  })

  it('can have its mark behind the lines that must come first', () => {
    const file = markContent('<?xml?>\n<!DOCTYPE>\n<plist/>\n', (text) => `<!-- ${text} -->`, 2)
    expect(file.split('\n')[2]).toMatch(/^<!-- .* -->$/)
    expect(isUntouched(file)).toBe(true)
  })

  it('is told from what is there', () => {
    const wanted = marked('new\n')
    expect(fileState(undefined, wanted)).toEqual({ type: 'missing' })
    expect(fileState(wanted, wanted)).toEqual({ type: 'same' })
    expect(fileState(marked('old\n'), wanted).type).toBe('ours')
    expect(fileState(`${marked('old\n')}edited\n`, wanted).type).toBe('foreign')
    expect(fileState('hand-made\n', wanted).type).toBe('foreign')
  })
})
