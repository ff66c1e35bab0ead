import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/core/log.ts'
import { createGate } from '../../../src/daemon/gate.ts'
import { noChurn } from '../../support/churn.ts'

/** What of a socket a gate uses. */
function fakeSocket(): Socket & { destroyed: boolean } {
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    destroy() {
      socket.destroyed = true
      socket.emit('close')
    },
  })
  return socket as unknown as Socket & { destroyed: boolean }
}

function setUp(maxConnections = 2) {
  const gate = createGate({ uid: 7, peerOf: () => ({ pid: 1, uid: 7 }), churn: noChurn, log: silentLogger })
  const served: Socket[] = []
  const accept = gate.accept({
    name: 'agent',
    maxConnections: () => maxConnections,
    serve: (stream) => served.push(stream),
    evict: (stream) => void stream.destroy(),
  })
  const connect = () => {
    const socket = fakeSocket()
    accept(socket)
    return socket
  }
  return { gate, connect, served }
}

describe('the gate', () => {
  it('serves those who came before it was open, when it opens, once and in their order', () => {
    const { gate, connect, served } = setUp()
    const early = [connect(), connect()]
    expect(served).toEqual([])
    gate.open()
    expect(served).toEqual(early)
    early[0]!.destroy()
    const late = connect()
    expect(served).toEqual([...early, late])
  })

  it('keeps no more of them than it has seats, and serves none that has left', () => {
    const { gate, connect, served } = setUp()
    const early = [connect(), connect(), connect(), connect()]
    early[3]!.destroy()
    gate.open()
    expect(early.map(({ destroyed }) => destroyed)).toEqual([true, true, false, true])
    expect(served).toEqual([early[2]])
  })

  it('frees the seat of one that closes', () => {
    const { gate, connect } = setUp()
    gate.open()
    const kept = connect()
    for (let times = 0; times < 5; times += 1) connect().destroy()
    expect(kept.destroyed).toBe(false)
  })

  it('serves each with what it is to see, on the same seats', () => {
    const gate = createGate({ uid: 7, peerOf: () => ({ pid: 1, uid: 7 }), churn: noChurn, log: silentLogger })
    const seen: (string | undefined)[] = []
    const accept = gate.accept<string>({
      name: 'agent',
      maxConnections: () => 2,
      serve: (_, __, ___, view) => seen.push(view),
      evict: (stream) => void stream.destroy(),
    })
    const sockets = [fakeSocket(), fakeSocket(), fakeSocket()]
    accept(sockets[0]!)
    accept(sockets[1]!, 'one')
    gate.open()
    accept(sockets[2]!, 'two')
    expect(seen).toEqual([undefined, 'one', 'two'])
    expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(1)
  })

  it('ends all connections when it closes', () => {
    const { gate, connect } = setUp()
    gate.open()
    const sockets = [connect(), connect()]
    gate.close()
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true])
  })
})
