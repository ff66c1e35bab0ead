import { describe, expect, it } from 'vitest'
import { limitsOf } from '../../../../src/daemon/process/limits.ts'

const openFiles = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             63433                63433                processes 
Max open files            ${soft.padEnd(20)} 1048576              files     
`
const input = { processLimits: openFiles('20000'), threadPoolSize: undefined, cores: 8 }

describe('the limits of the process', () => {
  it.each([
    ['20000', 1024, 256],
    ['unlimited', 1024, 256],
    ['1024', 512, 256],
    ['64', 32, 16],
    ['1', 1, 1],
  ])('leave descriptors for files and servers: of %s', (soft, agentConnections, apiConnections) => {
    const limits = limitsOf({ ...input, processLimits: openFiles(soft) })
    expect([limits.agentConnections(0), limits.apiConnections]).toEqual([agentConnections, apiConnections])
  })

  it.each([undefined, 'something else'])('assume 1024 descriptors if that cannot be read: %j', (processLimits) => {
    const limits = limitsOf({ ...input, processLimits })
    expect([limits.agentConnections(0), limits.apiConnections]).toEqual([512, 256])
  })

  it.each([
    ['1024', 3, 128],
    ['20000', 4, 1024],
    ['64', 100, 1],
  ])('count the connections to other agents: %s descriptors, %i agents', (soft, otherAgents, connections) => {
    expect(limitsOf({ ...input, processLimits: openFiles(soft) }).agentConnections(otherAgents)).toBe(connections)
  })

  it.each([
    [undefined, 8, 2],
    ['8', 8, 4],
    ['8', 2, 2],
    [undefined, 2, 2],
    ['8', 1, 1],
    ['1', 8, 1],
    ['many', 8, 2],
  ])(
    'leave threads for files and names, and take no more than there are cores: %j threads, %i cores',
    (threadPoolSize, cores, poolSignatures) => {
      expect(limitsOf({ ...input, threadPoolSize, cores })).toMatchObject({ poolSignatures })
    },
  )
})
