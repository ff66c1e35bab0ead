import { describe, expect, it } from 'vitest'
import { configCases, expectedProfiles, readProfiles } from '../../../support/aws-config-cases.ts'

describe('the shared files are read as botocore reads them', () => {
  it.each(configCases.map((each) => [each.title, each] as const))('%s', (_, each) => {
    expect(readProfiles(each)).toEqual(expectedProfiles(each))
  })

  it('except where there is a reason', () => {
    const others = configCases.filter(({ ours }) => ours !== undefined)
    expect(others.filter(({ why }) => why === undefined)).toEqual([])
    // Nothing that botocore sees is read otherwise, but for a comment behind a value.
    const differing = others.filter(({ botocore }) => Object.keys(botocore ?? {}).length > 0)
    expect(differing.map(({ title }) => title)).toEqual([
      'a comment behind a value',
      'quotes in a header of the credentials file',
      'blanks in the brackets of the credentials file',
    ])
  })
})
