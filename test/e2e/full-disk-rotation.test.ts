import { expect, it } from 'vitest'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { rotatingUser, startRotationScene } from '../support/rotation-scene.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

/**
 * From which call to AWS on there is no room for the keychain, and how far the first run comes: the states of the user's
 * keys, and whether AWS was asked for a new one.
 */
const cases = [
  { full: 'GetSessionToken', isAsked: false, keys: ['Active'] },
  { full: 'ListAccessKeys', isAsked: false, keys: ['Active'] },
  // The new key is deleted: its secret has no place.
  { full: 'CreateAccessKey', isAsked: true, keys: ['Active'], says: /its rotation has stopped on the way/ },
  { full: 'GetCallerIdentity', isAsked: true, keys: ['Active', 'Active'], says: /its rotation has stopped on the way/ },
  { full: 'UpdateAccessKey', isAsked: true, keys: ['Inactive', 'Active'], says: /its rotation has stopped on the way/ },
]

describeWithPeers('a rotation that runs out of disk', ['mount:tmpfs', 'curl'], () => {
  it.each(cases)('at $full stops, and goes on when there is room again', async ({ full, isAsked, keys, says }) => {
    const disk = mountSmallDisk()
    const scene = await startRotationScene(disk.folder)
    const states = () => scene.aws.user(rotatingUser)!.accessKeys.map(({ status }) => status)
    const latchkey = (...args: string[]) => scene.daemon.run(latchkeyPath, ['aws', ...args])
    try {
      const actions: (string | undefined)[] = []
      scene.onCalls((action) => {
        actions.push(action)
        if (action === full) disk.fill()
        return undefined
      })
      const stopped = await scene.rotate()
      scene.onCalls(undefined)
      expect(stopped.status).toBe(1)
      expect(stopped.stderr).toMatch(/\nlatchkey: cannot write the keychain file .*: ENOSPC\nhint: .*; df .*\n$/)
      expect({ isAsked: actions.includes('CreateAccessKey'), keys: states() }).toEqual({ isAsked, keys })
      const list = await latchkey('keys', 'list')
      expect(list).toMatchObject({ status: 0, stderr: '' })
      if (says !== undefined) expect(list.stdout).toMatch(says)
      expect(await latchkey('credentials', 'master')).toMatchObject({ status: 0, stderr: '' })

      disk.free()
      expect(await scene.rotate()).toMatchObject({ status: 0 })
      expect(states()).toEqual(['Inactive', 'Active'])
      expect(await latchkey('credentials', 'master')).toMatchObject({ status: 0, stderr: '' })
    } finally {
      await scene.close()
      disk.close()
    }
  })
})
