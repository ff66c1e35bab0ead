// The least that a helper in Node can do: node test/bench/bare-helper.cjs SOCKET PATH
// One request, its first piece printed as it comes: nothing is checked, nobody is asked, no time is limited.
const { writeSync } = require('node:fs')
const { connect } = require('node:net')

const [socketPath, path] = process.argv.slice(2)
const socket = connect(socketPath)
socket.on('data', (piece) => {
  writeSync(1, piece)
  process.exit(0)
})
socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nlatchkey-prompt: never\r\n\r\n`)
