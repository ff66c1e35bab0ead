import { expect, it } from 'vitest'
import { deviceSeed } from '../../../../src/helper/mfa/device-seed.ts'
import { drawQrCode } from '../../../../src/helper/mfa/qr-code.ts'
import { describeWithPeers } from '../../../support/peers.ts'
import { picture, qrCodeOn } from '../../../support/terminal-picture.ts'

const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const uriOf = (name: string) => deviceSeed(`arn:aws:iam::111122223333:mfa/${name}`, seed).uri

it('the address names the device and its account, as AWS’s own QR code does', () => {
  expect(uriOf('jo')).toBe(`otpauth://totp/jo@111122223333?secret=${seed}`)
  expect(uriOf('jo+a=b,c@d')).toBe(`otpauth://totp/jo%2Ba%3Db%2Cc%40d@111122223333?secret=${seed}`)
  expect(deviceSeed('arn:aws-cn:iam::111122223333:mfa/jo', 'MZXW6===').uri).toBe(
    'otpauth://totp/jo@111122223333?secret=MZXW6',
  )
})

describeWithPeers('a QR code on a dark terminal', ['zbarimg'], () => {
  it.each(['a', 'jo', 'someone.with-a.long_name', 'n'.repeat(64)])('is read by a phone: %s', async (name) => {
    const { text, columns, rows } = drawQrCode(uriOf(name))
    expect(await qrCodeOn(`$ latchkey aws mfa enroll\n\n${text}\nfirst code: `)).toBe(uriOf(name))
    expect(text.split('\n')).toHaveLength(rows + 1)
    expect(picture(text).width).toBe(columns)
  })

  it('is not read without colours of its own, so that they are what makes it readable', async () => {
    const { text } = drawQrCode(uriOf('jo'))
    const parts = text.split('\u001b[')
    const bare = parts.map((part) => part.replace(/^[\d;]*m/, '')).join('')
    await expect(qrCodeOn(bare)).rejects.toThrow('zbarimg')
  })
})

it('a QR code has four light modules on each side', () => {
  const { rows } = picture(drawQrCode(uriOf('jo')).text.trimEnd())
  const light = 255
  const first = rows.findIndex((row) => row.some((grey) => grey !== light))
  // Its height is odd: the last half block has no module.
  const last = rows.findLastIndex((row) => row.some((grey) => grey !== light))
  expect(first).toBe(4)
  expect(rows.length - 1 - last).toBe(5)
  const columns = rows.map((row) => row.findIndex((grey) => grey !== light)).filter((column) => column !== -1)
  expect(Math.min(...columns)).toBe(4)
})
