// Prints who a profile is, as a program would that uses the AWS SDK for JavaScript with its default credential chain;
// without a profile, who the environment says.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
if (process.argv[2] !== undefined) process.env.AWS_PROFILE = process.argv[2]
const sts = new STSClient({ endpoint: process.env.AWS_ENDPOINT_URL_STS })
const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
process.stdout.write(`${Arn}\n`)
