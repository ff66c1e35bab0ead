import { parseIamArn } from '../plan/partitions.ts'

/** What kind of device a serial number belongs to. A security key, which a passkey counts as, has no codes for STS. */
export type DeviceKind = 'virtual' | 'hardware' | 'sms' | 'security-key'

/** The kind of a device (IAM user guide, "AWS Multi-factor authentication in IAM"): only a hardware token has no ARN. */
export function kindOfDevice(serialNumber: string): DeviceKind {
  const resource = parseIamArn(serialNumber)?.resource
  if (resource === undefined) return 'hardware'
  if (resource.startsWith('mfa/')) return 'virtual'
  return resource.startsWith('sms-mfa/') ? 'sms' : 'security-key'
}
