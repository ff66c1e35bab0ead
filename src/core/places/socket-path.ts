/**
 * The longest path of a Unix socket, in bytes: sockaddr_un holds 108 on Linux and 104 on macOS, with a NUL at the end
 * (unix(7)). Node silently cuts a longer one short, so each path is checked first.
 */
export const maxSocketPathBytes = process.platform === 'darwin' ? 103 : 107
