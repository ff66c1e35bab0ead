import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { startRotationScene } from '../support/rotation-scene.ts'
import { runOk } from '../support/run.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const role = 'arn:aws:iam::123456789012:role/Dev'
const source = '[aws.source.master]\nmfa_serial = "arn:aws:iam::111122223333:mfa/jo"\nregion = "us-east-1"\n'

/** A disk that is there as long as the running test. */
function smallDisk() {
  const disk = mountSmallDisk()
  const users: (() => Promise<unknown>)[] = []
  onTestFinished(async () => {
    for (const end of users) await end()
    disk.close()
  })
  return {
    ...disk,
    names: () => readdirSync(disk.folder).sort(),
    usedBy: (end: () => Promise<unknown>) => users.push(end),
  }
}

/** A daemon whose config.toml is in one folder, and the AWS tools' file in another. */
async function editWorld(disk: ReturnType<typeof smallDisk>, tomlFolder: string) {
  const env = { AWS_CONFIG_FILE: join(disk.folder, 'aws') }
  writeFileSync(env.AWS_CONFIG_FILE, '# mine\n')
  const daemon = await startBuiltDaemon(tomlFolder, source, { env })
  disk.usedBy(() => daemon.end('SIGTERM'))
  return {
    profiles: (...args: string[]) => daemon.run(latchkeyPath, ['aws', 'profiles', ...args], { env }),
    texts: () => [join(tomlFolder, 'config.toml'), env.AWS_CONFIG_FILE].map((path) => readFileSync(path, 'utf8')),
  }
}

const add = ['add', '--role', role, '--name', 'x']
const noRoom = (path: string) => new RegExp(`^latchkey: ${path} is not edited: ENOSPC: .*\\nhint: make room in `, 'm')

describeWithPeers('on a full disk an edit', ['mount:tmpfs'], () => {
  it.each(['fill', 'fillEntries'] as const)('leaves both files as they are, and shows the lines (%s)', async (fill) => {
    const disk = smallDisk()
    const { profiles, texts } = await editWorld(disk, disk.folder)
    const list = join(temporaryFolder(), 'list.json')
    const accounts = JSON.stringify([{ Id: '123456789012', Name: 'y' }])
    writeFileSync(list, accounts)
    const sha256 = createHash('sha256').update(accounts).digest('hex')
    disk[fill]()
    const before = { texts: texts(), names: disk.names() }

    const added = await profiles(...add)
    expect(added).toMatchObject({ status: 1, stdout: '' })
    expect(added.stderr).toContain(`write into ${disk.folder}/config.toml:\n\n[aws.profile.x]\nrole = "${role}"\n`)
    expect(added.stderr).toContain(`write into ${disk.folder}/aws:\n\n[profile x]\n`)
    expect(added.stderr).toMatch(noRoom(`${disk.folder}/config.toml`))
    const synced = await profiles('sync', list, '--role', 'Dev', '--sha256', sha256)
    expect(synced.status).toBe(1)
    expect(synced.stderr).toMatch(noRoom(`${disk.folder}/(config.toml|aws)`))
    expect({ texts: texts(), names: disk.names() }).toEqual(before)

    disk.free()
    expect(await profiles(...add)).toMatchObject({ status: 0, stderr: '' })
    const written = texts()
    disk[fill]()
    const removed = await profiles('remove', 'x')
    expect(removed.status).toBe(1)
    expect(removed.stderr).toMatch(noRoom(`${disk.folder}/(config.toml|aws)`))
    expect(removed.stderr).toContain(`take out of ${disk.folder}/config.toml:\n\n[aws.profile.x]\n`)
    expect(removed.stderr).toContain(`take out of ${disk.folder}/aws:\n\n[profile x]\n`)
    expect(texts()).toEqual(written)
    disk.free()
    expect(await profiles('remove', 'x')).toMatchObject({ status: 0, stderr: '' })
    expect(texts()).toEqual(before.texts)
  })

  it('of the second file is made good by the same command, when there is room again', async () => {
    const disk = smallDisk()
    const { profiles, texts } = await editWorld(disk, temporaryFolder())
    const before = texts()
    disk.fill()
    const added = await profiles(...add)
    expect(added).toMatchObject({ status: 1, stdout: '' })
    expect(added.stderr).toContain(`write into ${disk.folder}/aws:\n\n[profile x]\n`)
    expect(added.stderr).not.toContain('[aws.profile.x]')
    expect(added.stderr).toMatch(noRoom(`${disk.folder}/aws`))
    expect(texts()).toEqual([expect.stringContaining('[aws.profile.x]'), before[1]])
    disk.free()
    expect(await profiles(...add)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^there already: x/) })
    expect(texts()[1]).toContain('[profile x]')
  })
})

describeWithPeers('on a full disk the keychain', ['mount:tmpfs', 'ssh-keygen'], () => {
  /** A daemon whose keychain is in one folder, and the list of its SSH keys in another. */
  async function keyWorld(disk: ReturnType<typeof smallDisk>, keychain: string, state: string) {
    const folder = temporaryFolder()
    const file = join(folder, 'id')
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    mkdirSync(join(state, 'latchkey'), { mode: 0o700 })
    const toml = `[keychain]\nstore = "file"\nfile = "${join(keychain, 'keychain')}"\n`
    const start = () => startBuiltDaemon(folder, toml, { env: { XDG_STATE_HOME: state } })
    let daemon = await start()
    disk.usedBy(() => daemon.end('SIGTERM'))
    const keys = (...args: string[]) => daemon.run(latchkeyPath, ['ssh', 'keys', ...args])
    return {
      keys,
      file,
      names: async () =>
        (JSON.parse((await keys('list', '--json')).stdout) as { keys: { name: string }[] }).keys.map(
          ({ name }) => name,
        ),
      async restart() {
        await daemon.end('SIGTERM')
        daemon = await start()
      },
    }
  }

  it.each([
    ['keychain', 'fill'],
    ['keychain', 'fillEntries'],
    ['list of keys', 'fill'],
    ['list of keys', 'fillEntries'],
  ] as const)('refuses a key, and takes it when there is room again: %s, %s', async (place, fill) => {
    const disk = smallDisk()
    const other = temporaryFolder()
    const { keys, file, names, restart } = await (place === 'keychain'
      ? keyWorld(disk, disk.folder, other)
      : keyWorld(disk, other, disk.folder))
    disk[fill]()
    const before = disk.names()
    const refused = await keys('add', file, '--name', 'one')
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toMatch(/ENOSPC.*\nhint: /)
    expect(disk.names()).toEqual(before)
    expect(await names()).toEqual([])
    await restart()
    expect(await names()).toEqual([])

    disk.free()
    expect(await keys('add', file, '--name', 'one')).toMatchObject({ status: 0 })
    disk[fill]()
    expect(await keys('add', file, '--name', 'two')).toMatchObject({ status: 1 })
    expect(await keys('remove', 'one')).toMatchObject({ status: 1 })
    await restart()
    // What the keychain cannot delete is not listed any more, and told.
    expect(await names()).toEqual(place === 'keychain' ? [] : ['one'])
    expect((await keys('list')).stdout).toContain('one')
    disk.free()
    expect(await keys('remove', 'one')).toMatchObject({ status: 0 })
    expect(await names()).toEqual([])
  })
})

describeWithPeers('on a full disk an import', ['mount:tmpfs', 'curl'], () => {
  /** A daemon without a key, and a file with one. */
  async function importWorld(disk: ReturnType<typeof smallDisk>, keychain: string, home: string) {
    const scene = await startRotationScene(keychain)
    disk.usedBy(scene.close)
    const env = { AWS_CONFIG_FILE: join(home, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials') }
    const run = (...args: string[]) => scene.daemon.run(latchkeyPath, ['aws', 'keys', ...args], { env })
    expect(await run('remove', 'master')).toMatchObject({ status: 0 })
    const [id, secret] = scene.key.split('\n')
    const text = `[master]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    writeFileSync(env.AWS_SHARED_CREDENTIALS_FILE, text)
    return {
      scene,
      text,
      now: () => readFileSync(env.AWS_SHARED_CREDENTIALS_FILE, 'utf8'),
      move: () => run('import', '--yes', '--source', 'master'),
      undo: () => run('import', '--undo', '--yes'),
      isStored: async () => (await run('list')).stdout.includes(id!),
    }
  }

  it('that cannot be written into the keychain leaves the file as it is', async () => {
    const disk = smallDisk()
    const { scene, text, now, move, undo, isStored } = await importWorld(disk, disk.folder, temporaryFolder())
    const isRefused = async (outcome: ReturnType<typeof move>) => {
      const { status, stderr } = await outcome
      expect(status).toBe(1)
      expect(stderr).toMatch(/^latchkey: cannot write the keychain file .*: ENOSPC\nhint: .*; df /m)
    }
    disk.fill()
    await isRefused(move())
    expect({ text: now(), isStored: await isStored() }).toEqual({ text, isStored: false })

    // Half of it is written when the disk is full.
    disk.free()
    scene.onCalls((action) => {
      if (action === 'GetCallerIdentity') disk.fill()
      return undefined
    })
    await isRefused(move())
    scene.onCalls(undefined)
    expect({ text: now(), isStored: await isStored() }).toEqual({ text, isStored: false })

    disk.free()
    expect(await move()).toMatchObject({ status: 0, stderr: expect.stringContaining('was interrupted:\n') })
    expect({ text: now(), isStored: await isStored() }).toEqual({ text: '[master]\n', isStored: true })

    disk.fill()
    await isRefused(undo())
    expect(await isStored()).toBe(true)
    disk.free()
    expect(await undo()).toMatchObject({ status: 0 })
    expect({ text: now(), isStored: await isStored() }).toEqual({ text, isStored: false })
  })

  it.each(['fill', 'fillEntries'] as const)('that cannot change the file says where the key is (%s)', async (fill) => {
    const disk = smallDisk()
    const { text, now, move, isStored } = await importWorld(disk, temporaryFolder(), disk.folder)
    disk[fill]()
    const { status, stderr } = await move()
    expect(status).toBe(1)
    expect(stderr).toMatch(/^latchkey: the key is in the keychain, but \S+ is not edited: ENOSPC: .*\nhint: .*again/m)
    expect({ text: now(), isStored: await isStored() }).toEqual({ text, isStored: true })
    disk.free()
    expect(await move()).toMatchObject({ status: 0 })
    expect({ text: now(), isStored: await isStored() }).toEqual({ text: '[master]\n', isStored: true })
  })
})

describeWithPeers('on a full disk an MFA session', ['mount:tmpfs', 'curl'], () => {
  it('is served, for one code, and stored when there is room again', async () => {
    const disk = smallDisk()
    const scene = await startRotationScene(disk.folder)
    disk.usedBy(scene.close)
    const latchkey = (...args: string[]) => scene.daemon.run(latchkeyPath, ['aws', ...args])
    let sessions = 0
    scene.onCalls((action) => {
      if (action === 'GetSessionToken') sessions += 1
      return undefined
    })
    disk.fill()
    for (const _ of [1, 2]) expect(await latchkey('credentials', 'master')).toMatchObject({ status: 0, stderr: '' })
    expect(scene.daemon.log()).toContain('the MFA session could not be stored')
    disk.free()
    // The keychain is seen to answer.
    expect(await latchkey('keys', 'list')).toMatchObject({ status: 0 })
    await vi.waitUntil(() => scene.daemon.log().includes('has accepted what it did not accept before'), {
      timeout: 60_000,
    })
    await scene.daemon.end('SIGKILL')
    await scene.restart()
    expect(await latchkey('credentials', 'master')).toMatchObject({ status: 0, stderr: '' })
    expect(sessions).toBe(1)
  })
})
