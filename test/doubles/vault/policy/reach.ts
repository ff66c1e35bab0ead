import type { Acl } from '../../../../src/dev/vault/policy/acl.ts'
import { capabilitiesOf, patterns } from './full-policies.ts'

/** Whether any rule allows something at or below a mount's path. */
export function reaches(acl: Acl, mountPath: string): boolean {
  if (!capabilitiesOf(acl, mountPath).includes('deny')) return true
  return acl.rules.some(({ path, granted }) => {
    const covers = path.startsWith(mountPath) || (patterns.isPattern(path) && matchesBeginning(path, mountPath))
    return covers && granted.size > 0 && !granted.has('deny')
  })
}

/** Whether a pattern can match something below `mountPath`, which ends with a slash. */
function matchesBeginning(pattern: string, mountPath: string): boolean {
  const segments = mountPath.slice(0, -1).split('/')
  const wanted = pattern.split('/')
  return segments.every((segment, index) => {
    const own = wanted[index]
    if (own === undefined) return pattern.endsWith('*')
    return own === '+' || own === segment || (own.endsWith('*') && segment.startsWith(own.slice(0, -1)))
  })
}
