import { expect, it } from 'vitest'
import { headerText, isHeaderText } from '../../../src/vault/header-text.ts'

it.each(['team/a', 'my phone', 'équipe', '手机', ''])('a header can hold %j, in the bytes of UTF-8', (text) => {
  expect(isHeaderText(text)).toBe(true)
  expect(Buffer.from(headerText(text), 'latin1').toString('utf8')).toBe(text)
})

it.each(['a\r\nb', 'a\u0000', 'a\u007f', 'a\u0085', 'a\ud800', ' a', 'a\t', 'a\u00a0'])(
  'no header can hold %j',
  (text) => {
    expect(isHeaderText(text)).toBe(false)
  },
)
