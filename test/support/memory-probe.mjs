// A built program that tells its parent how much memory it takes: node memory-probe.mjs PROGRAM ARGS... runs it in this
// process, with a channel to the parent that answers each message. The daemon takes no --require and opens no inspector.
import { createRequire } from 'node:module'

process.on('message', () => process.send(process.memoryUsage()))
process.channel.unref()
process.argv.splice(1, 1)
createRequire(import.meta.url)(process.argv[1])
