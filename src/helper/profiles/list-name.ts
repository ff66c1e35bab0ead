import { createHash } from 'node:crypto'

/** What signed addresses and tokens are called; they are secret, and change: AWS, CloudFront, Google, GitLab. */
const passing =
  /^(x-(amz|goog)-.*|awsaccesskeyid|googleaccessid|key-pair-id|policy|signature|expires|(access_|private_)?token)$/i
/** Of a shared access signature (Azure Storage, "Create a service SAS"). */
const ofSas = /^(s[eiprstv]|srt|spr|sip|sk(oid|tid|[estv])|sig)$/i

/**
 * The name of a list at an address: two lists that differ after the question mark have different ones, but none has what may
 * be secret there.
 */
export function listName({ origin, pathname, searchParams }: URL): string {
  const isSas = searchParams.has('sig')
  const isLasting = ([name]: [string, string]) => !passing.test(name) && !(isSas && ofSas.test(name))
  const lasting = new URLSearchParams([...searchParams].filter(isLasting))
  if (lasting.size === 0) return `${origin}${pathname}`
  lasting.sort()
  const hash = createHash('sha256').update(lasting.toString()).digest('hex')
  return `${origin}${pathname}?sha256=${hash.slice(0, 12)}`
}
