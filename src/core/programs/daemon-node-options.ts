/** As in packaging/systemd/latchkey.service: a heap for something that mostly waits. */
export const daemonNodeOptions = ['--max-semi-space-size=1', '--optimize-for-size'] as const
