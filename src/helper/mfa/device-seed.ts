import type { CommandContext } from '../command-context.ts'

/** The secret of a device, in the forms in which an authenticator app takes it. */
export interface DeviceSeed {
  /** In base32. */
  secret: string
  /** `otpauth:`, as AWS has it (IAM API reference, VirtualMFADevice, "QRCodePNG"). */
  uri: string
}

/** What a person may want to see besides the QR code. */
export type SeedText = 'secret' | 'uri'

/** @param serialNumber the ARN of the device: the app names it by device and account */
export function deviceSeed(serialNumber: string, secret: string): DeviceSeed {
  const [account = '', resource = ''] = serialNumber.split(':').slice(-2)
  const label = `${encodeURIComponent(resource.replace('mfa/', ''))}@${account}`
  return { secret, uri: `otpauth://totp/${label}?secret=${secret.replace(/=+$/, '')}` }
}

/** Shows the QR code on the terminal alone: anybody who has what is in it has the device. */
export async function showSeed({ uri }: DeviceSeed, { screen, note }: CommandContext): Promise<void> {
  const { drawQrCode } = await import('./qr-code.ts')
  const { columns, rows, text } = drawQrCode(uri)
  const size = screen.size()
  if (size !== undefined && size.columns < columns) {
    note(`the terminal has ${size.columns} columns, and the QR code needs ${columns}: type uri, or secret, instead\n`)
    return
  }
  if (size !== undefined && size.rows < rows)
    note(
      `the terminal has ${size.rows} rows, and the QR code needs ${rows}: make it higher if the app does not read it\n`,
    )
  screen.show(`\n${text}\n`)
}

/** Shows the secret as text, on the terminal alone. */
export function showSeedText(seed: DeviceSeed, what: SeedText, { screen }: CommandContext): void {
  screen.show(`${seed[what]}\n`)
}
