import { describe, expect, it } from 'vitest'
import { createLogger, type LogLevel, silentLogger } from '../../../src/core/log.ts'
import { Secret } from '../../../src/core/secret.ts'

function logger(level: LogLevel, journal = false) {
  const lines: string[] = []
  return { lines, log: createLogger({ write: (line) => lines.push(line), level, journal }) }
}

describe('the logger', () => {
  it('writes one line per message, with its fields', () => {
    const { lines, log } = logger('debug')
    log.info('certificate issued', { identity: 'ops', serial: 17, ok: true, error: undefined })
    expect(lines).toEqual(['info: certificate issued identity=ops serial=17 ok=true\n'])
  })

  it('drops the lines below its level', () => {
    const { lines, log } = logger('warn')
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines).toEqual(['warn: c\n', 'error: d\n'])
  })

  it('gives the journal the priority of each line', () => {
    const { lines, log } = logger('debug', true)
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines).toEqual(['<7>a\n', '<6>b\n', '<4>c\n', '<3>d\n'])
  })

  it('quotes what a remote could use to forge a line', () => {
    const { lines, log } = logger('info')
    log.info('denied', { reason: 'no\nerror: all is well', empty: '', path: '/v1/ssh/sign/a=b', quote: '"' })
    expect(lines).toEqual([
      'info: denied reason="no\\nerror: all is well" empty="" path=/v1/ssh/sign/a=b quote="\\""\n',
    ])
  })

  it('writes nothing that controls a terminal', () => {
    const { lines, log } = logger('info')
    log.info('a\nb\u009b2J', { reason: 'a\u009b2J\u202e\ud83d' })
    expect(lines).toEqual(['info: a b 2J reason="a\\u009b2J\\u202e\\ud83d"\n'])
  })

  it('never writes a secret', () => {
    const { lines, log } = logger('info')
    log.info('logged in', { token: new Secret('hvs.verysecret') })
    expect(lines).toEqual(['info: logged in token=[redacted]\n'])
  })
})

it('has a logger that says nothing', () => {
  expect(silentLogger.error('nobody hears this')).toBeUndefined()
})
