// A built program that is killed where it removes a file with a key: node killed-in-removal.cjs PROGRAM ARGS...
const files = require('node:fs/promises')

const { rm } = files
files.rm = (path, ...more) => {
  if (String(path).includes('.deleted-')) process.kill(process.pid, 'SIGKILL')
  return rm(path, ...more)
}
process.argv.splice(1, 1)
require(process.argv[1])
