/** The name of a region, such as `eu-central-1`. It becomes part of a host name, and must not turn that into another one. */
export const regionForm = /^[a-z\d]+(-[a-z\d]+)+$/

/** Whether it has that form. */
export const isRegionName = (text: string): boolean => regionForm.test(text)

/** Whether it has the form of the id of a machine of EC2 (EC2 User Guide, "Resource IDs"). */
export function isInstanceId(text: string): boolean {
  return /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(text)
}
