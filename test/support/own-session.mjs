// Runs first in every process of the tests (setupFiles of vitest.config.ts), so that whatever they start inherits it.
import koffi from 'koffi'

// The tester's terminal would be asked for codes and passwords, for the helper and ssh open /dev/tty. A new session has
// none (setsid(2)); a test that wants a terminal makes one (helper-pty.ts). Node cannot do this for itself.
const ownsSession = koffi.load(null).func('int setsid()')() === process.pid

// What a test says about the mode of a file must not depend on the tester's umask.
process.umask(0o022)

// Ctrl-C no longer reaches what the tests have started, so it ends with this process.
function endSession() {
  process.off('SIGTERM', endSession)
  process.kill(ownsSession ? -process.pid : process.pid, 'SIGTERM')
}
process.on('SIGTERM', endSession)
process.on('disconnect', endSession)
