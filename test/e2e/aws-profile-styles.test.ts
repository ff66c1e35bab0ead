import { describe, expect, it } from 'vitest'
import { inDev } from '../support/latchkey.ts'

/** Prints the calls of the embedded AWS that issue credentials, and how often a person was asked. */
const counted = `
node -e '
  const lines = (name) => require("fs").readFileSync(process.env.LATCHKEY_DEV_DIR + "/" + name, "utf8").trim().split("\\n").map((line) => JSON.parse(line))
  const actions = lines("aws-calls.jsonl").map(({ action }) => action).filter((action) => action !== "GetCallerIdentity")
  console.log(JSON.stringify({ actions, prompts: lines("prompts.jsonl").length }))'`

const role = `$(sed -n 's/^role = "\\(arn[^"]*\\)"/\\1/p' "$LATCHKEY_CONFIG" | head -1)`
const serial = `$(sed -n 's/^mfa_serial = "\\(.*\\)"/\\1/p' "$LATCHKEY_CONFIG")`

describe('profiles as they are', () => {
  it('of aws-vault work with what they include, and share the session of all others', async () => {
    const script = `
cat >>"$AWS_CONFIG_FILE" <<END

[profile common]
region = eu-west-1
mfa_serial = ${serial}
source_profile = dev-user
[profile order-dev]
include_profile = common
role_arn = ${role}
[profile corp]
sso_session = corp
END
latchkey aws credentials order-dev >one.json && latchkey aws credentials dev >two.json && cat one.json
latchkey aws credentials corp; echo "status $?"
${counted}`
    const { stdout, stderr } = await inDev(`cd "$LATCHKEY_DEV_DIR" && ${script}`)
    const [credentials, status, counts] = stdout.trim().split('\n')
    expect(JSON.parse(credentials!)).toMatchObject({ Version: 1, AccountId: '123456789012' })
    expect(status).toBe('status 1')
    expect(stderr).toContain('profile corp gets its credentials from IAM Identity Center (sso_session)')
    // One role: the two profiles mean the same, and so share what is held.
    expect(JSON.parse(counts!)).toEqual({ actions: ['GetSessionToken', 'AssumeRole'], prompts: 1 })
  })

  it('in direct mode have hours, for a code of their own', async () => {
    const script = `
printf '\\n[aws.profile.long]\\naccount = "444455556666"\\nrole = "OperatorRole"\\nsource = "dev-user"\\nduration = "4h"\\nmode = "direct"\\n' >>"$LATCHKEY_CONFIG"
until latchkey aws profiles list | grep -q '^long '; do :; done
latchkey aws credentials long && latchkey aws credentials long && latchkey status
${counted}`
    const { stdout, stderr } = await inDev(script)
    const [first, second, ...rest] = stdout.trim().split('\n')
    const { AccessKeyId, Expiration } = JSON.parse(first!) as { AccessKeyId: string; Expiration: string }
    expect(JSON.parse(second!)).toMatchObject({ AccessKeyId })
    expect((Date.parse(Expiration) - Date.now()) / 3_600_000).toBeGreaterThan(3.9)
    expect(rest.join('\n')).toMatch(/long .*OperatorRole/)
    expect({ counts: JSON.parse(rest.at(-1)!) as unknown, stderr }).toMatchObject({
      counts: { actions: ['AssumeRole'], prompts: 1 },
    })
  })

  it('are explained without a call, and tried where that is asked for', async () => {
    const { stdout, stderr, status } = await inDev(`
calls() { wc -l <"$LATCHKEY_DEV_DIR/aws-calls.jsonl"; }
calls; echo ---; latchkey aws explain chained; echo ---; calls; echo ---
latchkey aws explain --try chained; echo ---
latchkey aws explain --json chained`)
    const [callsFirst, before, callsThen, after, json] = stdout.split('---\n')
    expect(callsThen).toBe(callsFirst)
    expect(before).toMatch(
      /^profile chained\n1\. access key of dev-user: held\n.*\n2\. MFA session of dev-user: missing: latchkey aws login chained\n/,
    )
    expect(before).toMatch(/\n4\. role arn:aws:iam::777788889999:role\/AuditorRole: got when it is needed\n/)
    expect(after!.match(/: held, \S+( \S+)? left\n/g)).toHaveLength(3)
    expect(JSON.parse(json!)).toMatchObject({ profile: 'chained', steps: [{ type: 'key' }, {}, {}, { state: 'held' }] })
    expect(stdout).not.toMatch(/secret/i)
    expect({ status, stderr }).toMatchObject({ status: 0 })
  })

  it('are explained with the STS that is asked: that of the environment of the daemon, unless they ignore it', async () => {
    const { stdout } = await inDev(`
role='role_arn = arn:aws:iam::123456789012:role/DeveloperRole
source_profile = dev-user'
printf '\\n[profile here]\\n%s\\nservices = nowhere\\n[services nowhere]\\nsts =\\n  endpoint_url = http://127.0.0.1:1/\\n[profile real]\\n%s\\nignore_configured_endpoint_urls = true\\n' "$role" "$role" >>"$AWS_CONFIG_FILE"
echo "$AWS_ENDPOINT_URL_STS"; echo ---; latchkey aws explain --try here; echo ---; latchkey aws explain real`)
    const [url, here, real] = stdout.split('---\n')
    const ofVariable = `from STS at ${url!.trim()} (AWS_ENDPOINT_URL_STS)\n`
    expect(here!.split(ofVariable)).toHaveLength(3)
    expect(here).toMatch(/\n3\. role \S+: held, /)
    expect(here).toContain('! the endpoint http://127.0.0.1:1/ does not count: AWS_ENDPOINT_URL_STS in the environment')
    expect(real!.match(/from STS in us-east-1\n/g)).toHaveLength(2)
  })
})
