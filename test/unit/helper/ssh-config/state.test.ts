import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { writeIncludedFile } from '../../../../src/helper/ssh-config/included-file.ts'
import { includedFile } from '../../../../src/helper/ssh-config/places.ts'
import { goneCommand } from '../../../../src/helper/ssh-config/state.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('a latchkey that is gone is found, and no other', async () => {
  const home = temporaryFolder()
  const file = includedFile({ HOME: home })
  const latchkey = join(home, 'latchkey')
  expect(await goneCommand({ HOME: home })).toBeUndefined()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    file,
    writeIncludedFile({
      writtenBy: 'x',
      latchkey,
      hostToken: '%k' as const,
      agentSocket: undefined,
      lastingNames: [],
      knownHosts: ['/k'],
    }),
  )
  expect(await goneCommand({ HOME: home })).toEqual({ file, latchkey, writtenBy: 'x' })
  writeFileSync(latchkey, '', { mode: 0o700 })
  expect(await goneCommand({ HOME: home })).toBeUndefined()
})
