import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fileMistakes } from '../../src/aws/check/file-mistakes.ts'
import { type ConfigCase, configCases, expectedProfiles, readProfiles, recorder } from '../support/aws-config-cases.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'

/** Which of some files botocore refuses, and the line that it names first. */
const refusals = `import botocore.configloader, botocore.exceptions, json, os, re, sys, tempfile
def refusal(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'config')
        with open(path, 'w', encoding='utf-8', newline='') as file:
            file.write(text)
        try:
            botocore.configloader.raw_config_parse(path)
        except botocore.exceptions.ConfigParseError as error:
            line = re.search(r'\\[line +(\\d+)\\]|line: (\\d+)', str(error))
            return {'line': line and int(line[1] or line[2])}
print(json.dumps([refusal(text) for text in json.load(sys.stdin)]))`

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

  it('are refused by botocore where `latchkey aws check` says so, and nowhere else', () => {
    const lines = ['[a]', '[b]', '[DEFAULT]', '[', '[]', 'x', 'x = 1', 'X=2', 'y : 3', '= 1', '  z = 1', '  z', '\t[a]']
    const more = ['# c', '  ; c', '', ' ', 's3 =', '  k = 1', '[c] [d]', '\uFEFF[e]', 'a=b=c', 'f = 1\r[g]', 'h = 1\r']
    const files = fc.array(fc.constantFrom(...lines, ...more), { maxLength: 5 })
    const texts = fc.sample(files, { seed: 1, numRuns: 3_000 }).map((each) => ['[q]', ...each].join('\n'))
    const judged = spawnSync(debianPython, ['-c', refusals], {
      encoding: 'utf8',
      input: JSON.stringify(texts),
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    })
    expect(judged.stderr).toBe('')
    const told = JSON.parse(judged.stdout) as ({ line: number | null } | null)[]
    expect(told.filter((each) => each === null).length).toBeGreaterThan(500)
    for (const [at, text] of texts.entries()) {
      const found = fileMistakes(Buffer.from(text)).map(({ line }) => line)
      expect({ text, isRefused: found.length > 0 }).toEqual({ text, isRefused: told[at] !== null })
      const named = told[at]?.line
      if (typeof named === 'number') expect({ text, found }).toEqual({ text, found: expect.arrayContaining([named]) })
    }
  })
})
