import { describe, expect, it } from 'vitest'
import { keysOfVariables } from '../../../../src/aws/files/key-variables.ts'
import { withoutLines } from '../../../../src/aws/files/plaintext-keys.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

function read(text: string) {
  const keys = keysOfVariables(text)
  return {
    keys: keys.map(({ accessKeyId, secretAccessKey, isTemporary }) => [
      accessKeyId,
      secretAccessKey.expose(),
      ...(isTemporary ? ['temporary'] : []),
    ]),
    rest: withoutLines(
      text,
      keys.flatMap(({ lines }) => lines),
    ),
  }
}

describe('keys in a file of variables', () => {
  it.each([
    ['a dotenv file', `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['blanks', `AWS_ACCESS_KEY_ID = ${id}\nAWS_SECRET_ACCESS_KEY = "${secret}"\n`],
    ['export', `export AWS_ACCESS_KEY_ID=${id}\nexport AWS_SECRET_ACCESS_KEY='${secret}'\n`],
    ['a comment', `export AWS_ACCESS_KEY_ID="${id}" # mine\nexport AWS_SECRET_ACCESS_KEY=${secret}; # too\n`],
    ['one line', `export AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['two statements', `export AWS_ACCESS_KEY_ID=${id}; export AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['&&', `AWS_ACCESS_KEY_ID=${id} && AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['bash', `declare -x AWS_ACCESS_KEY_ID=${id}\ntypeset -x AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['fish', `set -gx AWS_ACCESS_KEY_ID ${id}\nset -x AWS_SECRET_ACCESS_KEY "${secret}";\n`],
    ['csh', `setenv AWS_ACCESS_KEY_ID ${id}\nsetenv AWS_SECRET_ACCESS_KEY ${secret}\n`],
    ['the other order', `AWS_SECRET_ACCESS_KEY=${secret}\nAWS_ACCESS_KEY_ID=${id}\n`],
    ['CRLF and a byte order mark', `\uFEFFAWS_ACCESS_KEY_ID=${id}\r\nAWS_SECRET_ACCESS_KEY=${secret}\r\n`],
    ['no line end', `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}`],
  ])('are read with %s, and nothing is left', (_, text) => {
    expect(read(text)).toEqual({ keys: [[id, secret]], rest: '' })
  })

  it('leave every other byte', () => {
    const before = `# mine\r\n[ -f ~/.x ] && . ~/.x\r\nAWS_REGION=eu-west-1\r\n`
    const after = 'alias a=b\r\n\r\nexport PATH'
    expect(
      read(`${before}export AWS_ACCESS_KEY_ID=${id}\r\nexport AWS_SECRET_ACCESS_KEY=${secret}\r\n${after}`),
    ).toEqual({
      keys: [[id, secret]],
      rest: `${before}${after}`,
    })
  })

  it('are several where there are several', () => {
    const other = 'AKIAI44QH8DHBEXAMPLE'
    const pair = (one: string) => `AWS_ACCESS_KEY_ID=${one}\nAWS_SECRET_ACCESS_KEY=${secret}\n`
    expect(read(pair(id) + pair(other)).keys).toEqual([
      [id, secret],
      [other, secret],
    ])
  })

  it('are temporary beside a token', () => {
    const text = `AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=${secret}\nAWS_SESSION_TOKEN=t==\n`
    expect(read(text).keys).toEqual([['ASIAIOSFODNN7EXAMPLE', secret, 'temporary']])
  })

  it.each([
    [
      'a block, which would be empty',
      `if x; then\n  export AWS_ACCESS_KEY_ID=${id}\n  export AWS_SECRET_ACCESS_KEY=${secret}\nfi\n`,
    ],
    ['a command', `AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret} aws s3 ls\n`],
    ['other variables', `export FOO=1 AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['a function', `keys() { export AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret}; }\n`],
    ['a line that goes on', `docker run \\\nAWS_ACCESS_KEY_ID=${id} \\\nAWS_SECRET_ACCESS_KEY=${secret}\n`],
    [
      'a line that goes on, with CRLF',
      `x \\\r\nAWS_ACCESS_KEY_ID=${id}\r\ny \\\r\nAWS_SECRET_ACCESS_KEY=${secret}\r\n`,
    ],
    ['what a shell expands', `AWS_ACCESS_KEY_ID="$ID"\nAWS_SECRET_ACCESS_KEY=$(pass aws)\nAWS_ACCESS_KEY_ID=\`x\`\n`],
    ['a comment', `# AWS_ACCESS_KEY_ID=${id}\n# AWS_SECRET_ACCESS_KEY=${secret}\n`],
    ['half of a pair', `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=\n`],
  ])('are left in %s', (_, text) => {
    expect(read(text)).toEqual({ keys: [], rest: text })
  })

  it('are looked for in a time that grows with the text alone', () => {
    const long = 'AWS_ACCESS_KEY_ID=a '.repeat(20_000)
    expect(read(`${long}!\nexport ${long}'\n`).keys).toEqual([])
  })
})
