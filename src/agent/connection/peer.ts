/** The process that has connected, as far as the system knows it. What it says of itself is never proof of anything. */
export interface AgentPeer {
  /** For the log, and for the order of attempts to unlock: `pid 123`. */
  name: string
  /** Its arguments, the program first; empty where they cannot be read. */
  commandLine(): Promise<readonly string[]>
}
