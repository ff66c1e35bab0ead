/** The process at the other end of a Unix socket, as the kernel knows it (SO_PEERCRED, unix(7)). */
export interface PeerCredentials {
  /** The process that connected. It may have ended since, or passed the socket on, so the pid is only for display. */
  pid: number | undefined
  uid: number
}

/** Serves the user, and root, who can read our memory anyway. With unknown credentials, the 0700 folder is the guard. */
export function isOwnPeer(peer: PeerCredentials | undefined, ownUid: number | undefined): boolean {
  return peer === undefined || ownUid === undefined || peer.uid === ownUid || peer.uid === 0
}
