// All that latchkey uses of the AWS SDK, as one chunk (scripts/build.mjs) that the daemon loads when STS is first needed.
// Nothing of latchkey's own may be in it: a class would be another one there than in the daemon.
export { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
