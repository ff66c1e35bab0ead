import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { daemonNodeOptions } from '../../../src/core/programs/daemon-node-options.ts'

it.each(['systemd/latchkey.service', 'launchd/local.latchkey.plist'])('starts the daemon as %s does', (file) => {
  const unit = readFileSync(join(import.meta.dirname, '../../../packaging', file), 'utf8')
  expect(unit.match(/--[\w-]+(=\d+)?/g)).toEqual([...daemonNodeOptions])
})
