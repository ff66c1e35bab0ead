import { displayLine } from '../../core/text/display-text.ts'
import { HelperError } from '../fast/failure.ts'
import type { DeviceCodes } from './device-codes.ts'

const maxTries = 3

/** A device of a source's user, and what asks for its codes. */
export interface AskedDevice {
  source: string
  serialNumber: string
  codes: DeviceCodes
}

/** What two codes of a device are sent for. */
export interface TwoCodesUse extends Omit<AskedDevice, 'source'> {
  send(body: { serialNumber: string; codes: [string, string] }): Promise<{ refusal?: string | undefined }>
  note(text: string): void
  /** What AWS's refusal means, as the end of the message. */
  outcome: string
  /** The command that tries again. */
  command: string
}

/** Asks for two codes, three times at most, until AWS takes them. @throws {HelperError} REFUSED, CANCELLED */
export async function sendTwoCodes(use: TwoCodesUse): Promise<void> {
  const { serialNumber, codes, send, note, outcome, command } = use
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { refusal } = await send({ serialNumber, codes: await codes.askTwo() })
    if (refusal === undefined) return
    note(`${displayLine(refusal)}\n`)
  }
  throw new HelperError('REFUSED', `AWS refused the codes of ${serialNumber} ${maxTries} times${outcome}`, {
    hint: `compare the clock of the device with the right time, then: ${command}`,
  })
}
