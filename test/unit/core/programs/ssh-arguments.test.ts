import { expect, it } from 'vitest'
import { readSshArguments } from '../../../../src/core/programs/ssh-arguments.ts'

const read = (line: string) => {
  const { destination, settings, flags } = readSshArguments(line.split(' ').filter((word) => word !== ''))
  return { destination, settings: Object.fromEntries(settings), flags }
}

it.each([
  ['db', { destination: 'db', settings: {}, flags: '' }],
  ['-4vG -oBatchMode=yes db', { destination: 'db', settings: { batchmode: 'yes' }, flags: '4vG' }],
  ['db -o batchmode=YES -T true -G', { destination: 'db', settings: { batchmode: 'YES' }, flags: 'T' }],
  [
    '-vp 22 -o BatchMode=no -o BatchMode=yes db',
    { destination: 'db', settings: { port: '22', batchmode: 'no' }, flags: 'v' },
  ],
  ['-F -G db', { destination: 'db', settings: {}, flags: '' }],
  ['-- -G', { destination: '-G', settings: {}, flags: '' }],
  ['', { destination: undefined, settings: {}, flags: '' }],
])('ssh %s', (line, expected) => {
  expect(read(line)).toEqual(expected)
})
