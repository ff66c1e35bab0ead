import { parseIamArn } from '../plan/partitions.ts'
import { formatSwitchRoleLink, maxRoleLength } from './switch-role-link.ts'

/** A profile that a link can lead to. */
export interface LinkedProfile {
  name: string
  roleArn: string
  color?: string | undefined
  region?: string | undefined
}

/** How a list of links is written. */
export const linkFormats = ['text', 'markdown', 'html', 'aesr'] as const
/** One of them: `aesr` is the configuration of the browser extension AWS Extend Switch Roles. */
export type LinkFormat = (typeof linkFormats)[number]

/** The switch-role link of a profile; undefined where the console cannot switch to the role, whose name is too long for it. */
export function linkOf({ name, roleArn, color }: LinkedProfile): string | undefined {
  const { partition, accountId, resource } = parseIamArn(roleArn)!
  const roleName = resource.slice('role/'.length)
  if (roleName.length > maxRoleLength) return undefined
  const displayName = Array.from(name).slice(0, maxDisplayLength).join('')
  return formatSwitchRoleLink({
    partition,
    account: { id: accountId },
    roleName,
    displayName,
    ...(color === undefined ? {} : { color }),
  })
}

/** Of a display name. */
const maxDisplayLength = 64

/** Writes profiles that have a link, in their order. */
export function formatLinks(profiles: readonly LinkedProfile[], format: LinkFormat): string {
  const links = profiles.flatMap((profile) => {
    const url = linkOf(profile)
    return url === undefined ? [] : [{ ...profile, url }]
  })
  switch (format) {
    case 'text':
      return links.map(({ name, url }) => `${name}\t${url}\n`).join('')
    case 'markdown':
      return links.map(({ name, url }) => `- [${name.replace(/[\\`*_[\]<>&|~]/g, '\\$&')}](${url})\n`).join('')
    case 'html': {
      const items = links.map(({ name, url }) => `  <li><a href="${escapeHtml(url)}">${escapeHtml(name)}</a></li>\n`)
      return `<ul>\n${items.join('')}</ul>\n`
    }
    case 'aesr':
      return links.map(aesrSection).join('\n')
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** It reads sections as the AWS tools do, and `color` beside them (its README, "Configuration"). */
function aesrSection({ name, roleArn, color, region }: LinkedProfile): string {
  return [
    `[${name.replace(/[[\]]/g, '-')}]`,
    `role_arn = ${roleArn}`,
    ...(region === undefined ? [] : [`region = ${region}`]),
    ...(color === undefined ? [] : [`color = ${color}`]),
    '',
  ].join('\n')
}
