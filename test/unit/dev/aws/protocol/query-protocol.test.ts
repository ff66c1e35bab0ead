import { describe, expect, it } from 'vitest'
import {
  errorXml,
  parseCall,
  successXml,
  unknownOperation,
} from '../../../../../src/dev/aws/protocol/query-protocol.ts'
import { AwsRefusal } from '../../../../../src/dev/aws/protocol/refusal.ts'

const sts = 'Version=2011-06-15'

describe('a call', () => {
  it('has its fields in the form or in the query', () => {
    const call = { service: 'sts', action: 'GetCallerIdentity' }
    expect(parseCall('', `Action=GetCallerIdentity&${sts}`)).toMatchObject(call)
    expect(parseCall(`Action=GetCallerIdentity&${sts}`, '')).toMatchObject(call)
  })

  it('decodes its fields', () => {
    expect(parseCall('', `Action=A&${sts}&Name=a%2Fb+c`).fields.get('Name')).toBe('a/b c')
  })

  it('is for the service whose version it names', () => {
    expect(parseCall('', 'Action=GetUser&Version=2010-05-08').service).toBe('iam')
  })

  it.each([
    ['', sts, 'MissingAction', 'The request is missing an action or a required parameter.'],
    ['', 'Action=A', 'InvalidAction', 'Could not find operation A for version NO_VERSION_SPECIFIED'],
    ['', 'Action=A&Version=2010-01-01', 'InvalidAction', 'Could not find operation A for version 2010-01-01'],
    ['', `Action=A&Action=B&${sts}`, 'ValidationError', 'The parameter Action is given more than once.'],
    ['Action=A', `Action=B&${sts}`, 'ValidationError', 'The parameter Action is given more than once.'],
  ])('is refused: %j %j', (query, form, code, message) => {
    expect(() => parseCall(query, form)).toThrow(expect.objectContaining({ code, message }))
  })

  it('for an operation that is not there is answered with its version', () => {
    expect(unknownOperation(parseCall('', `Action=GetFederationToken&${sts}`))).toMatchObject({
      code: 'InvalidAction',
      message: 'Could not find operation GetFederationToken for version 2011-06-15',
    })
  })
})

describe('an answer', () => {
  it('is in the namespace of its service, with structures, lists and its request id', () => {
    const call = parseCall('', 'Action=ListThings&Version=2010-05-08')
    const result = { IsTruncated: false, Things: [{ Name: 'a<b' }, { Name: undefined, Size: 2 }], None: [] }
    expect(
      successXml(call, result, 'id-1'),
    ).toBe(`<ListThingsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <ListThingsResult>
    <IsTruncated>false</IsTruncated>
    <Things>
      <member>
        <Name>a&lt;b</Name>
      </member>
      <member>
        <Size>2</Size>
      </member>
    </Things>
    <None>
    </None>
  </ListThingsResult>
  <ResponseMetadata>
    <RequestId>id-1</RequestId>
  </ResponseMetadata>
</ListThingsResponse>
`)
  })

  it('that refuses says whose fault it is', () => {
    expect(
      errorXml('sts', new AwsRefusal('AccessDenied', 'no "entry" & no way\u0000'), 'id-2'),
    ).toBe(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>AccessDenied</Code>
    <Message>no &quot;entry&quot; &amp; no way?</Message>
  </Error>
  <RequestId>id-2</RequestId>
</ErrorResponse>
`)
    expect(errorXml('iam', new AwsRefusal('InternalFailure', 'x'), 'id')).toContain('<Type>Receiver</Type>')
  })
})
