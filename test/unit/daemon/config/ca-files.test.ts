import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../../src/core/log.ts'
import { readCaFolder } from '../../../../src/daemon/config/ca-files.ts'
import { createSystemCa } from '../../../../src/daemon/config/system-ca.ts'
import { usualRoots } from '../../../../src/http/tls.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const pem = (name: string) => readFileSync(new URL(`../../../vectors/tls/${name}.pem`, import.meta.url), 'utf8').trim()

describe('a folder of CAs', () => {
  it('has what is in its files, each once, and not what is in folders below', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'b.pem'), `words\n${pem('ca')}\nwords\n`)
    symlinkSync('b.pem', join(folder, 'a.0'))
    writeFileSync(join(folder, 'c.crt'), pem('other-ca'))
    writeFileSync(join(folder, 'README'), 'hello')
    mkdirSync(join(folder, 'old'))
    writeFileSync(join(folder, 'old', 'd.pem'), pem('server'))
    expect(await readCaFolder(folder)).toBe(`${pem('ca')}\n${pem('other-ca')}`)
  })

  it('without a certificate is an error, as is one that is not there', async () => {
    const folder = temporaryFolder()
    await expect(readCaFolder(folder)).rejects.toMatchObject({ message: `${folder} holds no certificate` })
    await expect(readCaFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('with a file that others can change is refused', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'ca.pem'), pem('ca'))
    chmodSync(join(folder, 'ca.pem'), 0o666)
    await expect(readCaFolder(folder)).rejects.toMatchObject({ code: 'FILE_UNTRUSTED' })
  })
})

describe('what the system trusts', () => {
  const none = Object.assign(new Error('none'), { code: 'ENOENT' })
  function system(files: Record<string, string>, environment: Record<string, string> = {}, extraCa?: string) {
    const lines: string[] = []
    const read: string[] = []
    const readText = async (path: string) => {
      read.push(path)
      return files[path] ?? Promise.reject(none)
    }
    const log = createLogger({ write: (line) => lines.push(line), level: 'warn' })
    const ca = createSystemCa({
      environment,
      platform: 'linux',
      extraCa: () => extraCa,
      log,
      readText,
      readCaFolder: readText,
    })
    return { ca, files, read, lines }
  }
  const debian = '/etc/ssl/certs/ca-certificates.crt'
  const fedora = '/etc/pki/tls/certs/ca-bundle.crt'

  it('is in the first bundle that is there', async () => {
    const { ca, read } = system({ [fedora]: pem('ca'), '/etc/ssl/cert.pem': pem('other-ca') })
    expect(await ca.current().certificates()).toEqual([pem('ca')])
    expect(await ca.current().certificates()).toBe(await ca.current().certificates())
    expect(read).toEqual([debian, fedora])
    expect(ca.paths).toContain(fedora)
  })

  it('is not read before somebody needs it', async () => {
    const { ca, read } = system({ [debian]: pem('ca') })
    const before = ca.current()
    await ca.refresh()
    expect(read).toEqual([])
    expect(ca.current()).toBe(before)
  })

  it('is in SSL_CERT_FILE and SSL_CERT_DIR where they are set', async () => {
    const files = { [debian]: pem('server'), '/own': pem('ca'), '/a': pem('other-ca'), '/b': pem('client') }
    const { ca, read } = system(files, { SSL_CERT_FILE: '/own', SSL_CERT_DIR: '/a::/b' })
    expect(await ca.current().certificates()).toEqual([pem('ca'), pem('other-ca'), pem('client')])
    expect(read).toEqual(['/own', '/a', '/b'])
  })

  it('is nothing where nothing is there, which is said of what was named, once', async () => {
    const { ca, lines } = system({}, { SSL_CERT_FILE: '/own' })
    expect(await ca.current().certificates()).toBeUndefined()
    await ca.refresh()
    expect(lines).toEqual([expect.stringContaining('certificates of the system cannot be read')])
    const unnamed = system({})
    expect(await unnamed.ca.current().certificates()).toBeUndefined()
    expect(unnamed.lines).toEqual([])
  })

  it('is what is in the file now', async () => {
    const { ca, files } = system({ [debian]: pem('ca') })
    const before = ca.current()
    expect(await before.certificates()).toEqual([pem('ca')])
    await ca.refresh()
    expect(ca.current()).toBe(before)
    files[debian] = pem('other-ca')
    await ca.refresh()
    expect(ca.current()).not.toBe(before)
    expect(await ca.current().certificates()).toEqual([pem('other-ca')])
  })

  it('stands in the place of what Node brings, and NODE_EXTRA_CA_CERTS beside either', async () => {
    const { ca } = system({ [debian]: pem('ca') }, {}, pem('other-ca'))
    expect(await ca.current().certificates()).toEqual([pem('ca'), pem('other-ca')])
    expect(usualRoots('', 'no certificate')).toBeUndefined()
    const withNodes = usualRoots('', pem('ca'))!
    expect(withNodes.at(-1)).toBe(pem('ca'))
    expect(withNodes.length).toBeGreaterThan(100)
  })
})
