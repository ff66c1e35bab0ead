import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { type ConfigCase, configCases, expectedProfiles, readProfiles, recorder } from '../support/aws-config-cases.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'

describeWithPeers('the files that the AWS tools share', ['python:botocore'], () => {
  const { stdout, stderr } = spawnSync(debianPython, [recorder], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8' },
  })
  const read = new Map((JSON.parse(stdout || '[]') as ConfigCase[]).map((each) => [each.title, each]))

  it('are asked of botocore', () => {
    expect(stderr).toBe('')
    expect(read.size).toBe(configCases.length)
  })

  it.each(configCases.map((each) => [each.title, each] as const))(
    'botocore reads %s as recorded, and latchkey too',
    (title, each) => {
      const now = read.get(title)!
      expect(now.botocore).toEqual(each.botocore)
      expect(readProfiles(each)).toEqual(expectedProfiles(now))
    },
  )
})
