import { describe, expect, it } from 'vitest'
import { profileNameFrom } from '../../../../src/aws/links/profile-name.ts'
import { partitionOfSignInHost, signInHost } from '../../../../src/aws/links/sign-in-hosts.ts'
import { formatSwitchRoleLink, parseSwitchRoleLink } from '../../../../src/aws/links/switch-role-link.ts'

const base = 'https://signin.aws.amazon.com/switchrole'

describe('a switch-role link', () => {
  it.each([
    [
      `${base}?roleName=DeveloperRole&account=123456789012&displayName=dev+two`,
      { partition: 'aws', account: { id: '123456789012' }, roleName: 'DeveloperRole', displayName: 'dev two' },
    ],
    [
      `${base}?account=mattermost-dev&roleName=DeveloperRole&displayName=mattermost-dev`,
      {
        partition: 'aws',
        account: { alias: 'mattermost-dev' },
        roleName: 'DeveloperRole',
        displayName: 'mattermost-dev',
      },
    ],
    [
      ` ${base}/?displayName=dev%20two%C3%A9&color=%23D13212&account=123456789012&roleName=%2Fteam%2Fa%2Fops%2Bdev@x#top\n`,
      {
        partition: 'aws',
        account: { id: '123456789012' },
        roleName: 'team/a/ops+dev@x',
        displayName: 'dev twoé',
        color: 'd13212',
      },
    ],
    [
      'https://eu-central-1.signin.aws.amazon.com/switchrole?account=123456789012&roleName=R&displayName=&redirect_uri=x',
      { partition: 'aws', account: { id: '123456789012' }, roleName: 'R' },
    ],
    [
      'https://signin.amazonaws-us-gov.com/switchrole?account=123456789012&roleName=R',
      { partition: 'aws-us-gov', account: { id: '123456789012' }, roleName: 'R' },
    ],
    [
      'https://cn-north-1.signin.amazonaws.cn:443/switchrole?account=123456789012&roleName=R',
      { partition: 'aws-cn', account: { id: '123456789012' }, roleName: 'R' },
    ],
  ])('is read: %s', (link, read) => {
    expect(parseSwitchRoleLink(link)).toEqual(read)
    expect(parseSwitchRoleLink(formatSwitchRoleLink(parseSwitchRoleLink(link)))).toEqual(read)
  })

  const query = 'account=123456789012&roleName=R'
  it.each([
    ['it is no address', 'signin.aws.amazon.com/switchrole'],
    ['it is no address', ''],
    ['it does not begin with https://', `http://signin.aws.amazon.com/switchrole?${query}`],
    ['it does not begin with https://', `javascript:alert(1)//signin.aws.amazon.com/switchrole?${query}`],
    ...[
      'evil.example',
      'signin.aws.amazon.com.evil.example',
      'xsignin.aws.amazon.com',
      'acme.signin.aws.amazon.com',
      'cn-north-1.signin.aws.amazon.com',
      'us-east-1.signin.amazonaws.cn',
      '.signin.aws.amazon.com',
      'a.us-east-1.signin.aws.amazon.com',
      'console.aws.amazon.com',
    ].map((host) => ['is no sign-in host of AWS', `https://${host}/switchrole?${query}`]),
    ['it has a user name or a password before its host', `https://:x@signin.aws.amazon.com/switchrole?${query}`],
    [
      'it has a user name or a password before its host',
      `https://signin.aws.amazon.com@evil.example/switchrole?${query}`,
    ],
    ['it has a user name or a password before its host', `https://jo@signin.aws.amazon.com/switchrole?${query}`],
    ['is no sign-in host of AWS', `https://signin.aws.amazon.com:8443/switchrole?${query}`],
    ['its path is not /switchrole', `https://signin.aws.amazon.com/console?${query}`],
    ['its path is not /switchrole', `https://signin.aws.amazon.com/switchrole/x?${query}`],
    ['it says account twice', `${base}?account=123456789012&account=444455556666&roleName=R`],
    ['it says roleName twice', `${base}?${query}&roleName=R`],
    ['it says %61ccount twice', `${base}?%2561ccount=1&%2561ccount=1&${query}`],
    ['it says account twice', `${base}?%61ccount=1&${query}`],
    ['it names no account', `${base}?roleName=R`],
    ['it names no role', `${base}?account=123456789012&roleName=`],
    ['neither 12 digits nor an alias', `${base}?account=12345678901&roleName=R`.replace('12345678901', 'A')],
    ['neither 12 digits nor an alias', `${base}?account=a--b&roleName=R`],
    ['neither 12 digits nor an alias', `${base}?account=-ab&roleName=R`],
    ['neither 12 digits nor an alias', `${base}?account=${'a'.repeat(64)}&roleName=R`],
    ['its roleName is not', `${base}?account=123456789012&roleName=a+b`],
    ['its roleName is not', `${base}?account=123456789012&roleName=${'R'.repeat(65)}`],
    ['its roleName is not', `${base}?account=123456789012&roleName=team/${'R'.repeat(60)}`],
    ['its roleName is not', `${base}?account=123456789012&roleName=team/`],
    ['its roleName is not', `${base}?account=123456789012&roleName=a//b`],
    ['its roleName is not', `${base}?account=123456789012&roleName=a%22%0Ab`],
    ['its displayName is longer', `${base}?${query}&displayName=${'d'.repeat(65)}`],
    ['its displayName is longer', `${base}?${query}&displayName=a%00b`],
    ['its displayName is longer', `${base}?${query}&displayName=a%E2%80%AEb`],
    ['its displayName is longer', `${base}?${query}&displayName=%C3`],
    ['its color is not', `${base}?${query}&color=red`],
    ['it is too long', `${base}?${query}&x=${'x'.repeat(5000)}`],
    ['characters that cannot be shown', `${base}?acc\nount=123456789012&roleName=R`],
  ] as [string, string][])('is refused, since %s: %s', (reason, link) => {
    let failure: unknown
    try {
      parseSwitchRoleLink(link)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'AWS_LINK_INVALID', message: expect.stringContaining(reason) as string })
  })
})

it('has a host for each partition, and no other', () => {
  const partitions = ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f']
  expect(partitions.map((partition) => partitionOfSignInHost(signInHost(partition)))).toEqual(partitions)
  expect(signInHost('aws-new')).toBe('signin.aws.amazon.com')
  expect(partitionOfSignInHost('eusc-de-east-1.signin.amazonaws-eusc.eu')).toBe('aws-eusc')
  expect(partitionOfSignInHost('eu-isoe-west-1.signin.csphome.adc-e.uk')).toBe('aws-iso-e')
})

it.each([
  ['dev two', 'dev-two'],
  ['  Dev (EU) – "x"\\ ', 'Dev-EU-x'],
  ['--all', 'all'],
  ['größe', 'größe'],
  ['team/dev@eu:1', 'team/dev@eu:1'],
  ['[]', ''],
])('the name of a profile from %j is %j', (text, name) => {
  expect(profileNameFrom(text)).toBe(name)
})
