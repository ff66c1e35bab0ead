/** What a connection is doing. */
export type Standing =
  /** In the middle of a request, or of an answer that it does not read. */
  | 'unfinished'
  /** It has not sent a whole request yet. */
  | 'new'
  /** Between two requests. */
  | 'idle'
  /** It is being answered. */
  | 'busy'
  /** A person is being asked on it. */
  | 'asked'

/** Records what one connection is doing. */
export interface Marking {
  /** The time for which it has been doing this counts from now. */
  mark(standing: Standing): void
}

/** The place of one connection. */
export interface Seat extends Marking {
  leave(): void
}

/** A connection that asks for a seat. */
export interface Newcomer {
  /** The process that has connected; all unknown processes count as one. */
  holder: number | undefined
  /** Called when the connection must make room. Its seat is free already. */
  close(): void
}

/** The seats of one socket. Every newcomer gets one: when all are taken, another connection has to go. */
export interface Admission {
  admit(newcomer: Newcomer): Seat
}

interface Taken extends Newcomer {
  standing: Standing
  /** Smaller for a connection that has had its standing for longer. */
  since: number
}

/**
 * The higher the number, the longer a connection is spared. New and idle ones are one group: among them, the process with
 * the most connections is what counts first.
 */
const group: Readonly<Record<Standing, number>> = { unfinished: 0, new: 1, idle: 1, busy: 2, asked: 3 }

/**
 * Gives out the seats of a socket, so that no process can keep others out by holding connections.
 * A newcomer takes the place of an unfinished connection; if there is none, of one that waits for nothing; then of one
 * that is being answered; and last of one on which a person is being asked. Within each of these groups, it takes one of
 * the process with the most connections; among those, one that has never sent a request before one that has; and then the
 * one that has had its standing for longest.
 * @param maxSeats how many connections are held at once, called for each newcomer
 * @param onEvict called for each connection that has to go, for the log
 */
export function createAdmission({ maxSeats, onEvict }: { maxSeats: () => number; onEvict: () => void }): Admission {
  const taken = new Set<Taken>()
  const perHolder = new Map<number | undefined, number>()
  let marks = 0

  const count = ({ holder }: Taken, by: 1 | -1): void => {
    const present = (perHolder.get(holder) ?? 0) + by
    if (present === 0) perHolder.delete(holder)
    else perHolder.set(holder, present)
  }

  const leave = (seat: Taken): void => {
    if (taken.delete(seat)) count(seat, -1)
  }

  /** Negative when `a` has to go before `b`. */
  const compare = (a: Taken, b: Taken): number =>
    group[a.standing] - group[b.standing] ||
    perHolder.get(b.holder)! - perHolder.get(a.holder)! ||
    Number(b.standing === 'new') - Number(a.standing === 'new') ||
    a.since - b.since

  const makeRoom = (): void => {
    let chosen: Taken | undefined
    for (const seat of taken) if (chosen === undefined || compare(seat, chosen) < 0) chosen = seat
    if (chosen === undefined) return
    leave(chosen)
    onEvict()
    chosen.close()
  }

  return {
    admit(newcomer) {
      const seats = Math.max(1, maxSeats())
      while (taken.size >= seats) makeRoom()
      marks += 1
      const seat: Taken = { ...newcomer, standing: 'new', since: marks }
      taken.add(seat)
      count(seat, 1)
      return {
        mark(standing) {
          marks += 1
          seat.standing = standing
          seat.since = marks
        },
        leave: () => leave(seat),
      }
    },
  }
}
