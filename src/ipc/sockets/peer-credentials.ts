/** Who is at the other end of a Unix socket, as the kernel knows it (SO_PEERCRED, unix(7)). */
export interface PeerCredentials {
  /** Of the process that connected; it may have ended since, or passed the socket on: for showing only. */
  pid: number | undefined
  uid: number
}

/** Root can read our memory anyway; nobody else is served. Unknown credentials leave the 0700 folder as the guard. */
export function isOwnPeer(peer: PeerCredentials | undefined, ownUid: number | undefined): boolean {
  return peer === undefined || ownUid === undefined || peer.uid === ownUid || peer.uid === 0
}
