import { expect, it } from 'vitest'
import { parseIni } from '../../../../src/aws/config/ini.ts'
import { formatLinks, linkOf } from '../../../../src/aws/links/link-formats.ts'
import { parseSwitchRoleLink } from '../../../../src/aws/links/switch-role-link.ts'

const dev = {
  name: 'dev two',
  roleArn: 'arn:aws:iam::123456789012:role/team/Dev',
  color: 'd13212',
  region: 'eu-west-1',
}
const odd = { name: '<b>[x](y)&"', roleArn: 'arn:aws-cn:iam::111122223333:role/R' }
const url =
  'https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=team%2FDev&displayName=dev+two&color=d13212'

it('gives each profile a link that leads to its role', () => {
  expect(formatLinks([dev], 'text')).toBe(`dev two\t${url}\n`)
  expect(parseSwitchRoleLink(linkOf(odd)!)).toEqual({
    partition: 'aws-cn',
    account: { id: '111122223333' },
    roleName: 'R',
    displayName: odd.name,
  })
})

it('lets no name leave its place in Markdown and HTML', () => {
  expect(formatLinks([dev, odd], 'markdown')).toBe(
    `- [dev two](${url})\n- [\\<b\\>\\[x\\](y)\\&"](https://signin.amazonaws.cn/switchrole?account=111122223333&roleName=R&displayName=%3Cb%3E%5Bx%5D%28y%29%26%22)\n`,
  )
  const html = formatLinks([dev, odd], 'html')
  expect(html).toContain(`<li><a href="${url.replaceAll('&', '&amp;')}">dev two</a></li>\n`)
  expect(html).toContain('">&lt;b&gt;[x](y)&amp;&quot;</a></li>\n</ul>\n')
})

it('writes what AWS Extend Switch Roles reads', () => {
  const text = formatLinks([dev, odd], 'aesr')
  expect(text).toContain(
    '[dev two]\nrole_arn = arn:aws:iam::123456789012:role/team/Dev\nregion = eu-west-1\ncolor = d13212\n',
  )
  expect(parseIni(text).map(({ header }) => header)).toEqual(['dev two', '<b>-x-(y)&"'])
})

it('has no link for a role whose name the console does not take', () => {
  expect(linkOf({ name: 'x', roleArn: `arn:aws:iam::123456789012:role/${'R'.repeat(64)}` })).toBeDefined()
  expect(linkOf({ name: 'x', roleArn: `arn:aws:iam::123456789012:role/p/${'R'.repeat(63)}` })).toBeUndefined()
  expect(parseSwitchRoleLink(linkOf({ name: 'ü'.repeat(90), roleArn: dev.roleArn })!).displayName).toBe('ü'.repeat(64))
})
