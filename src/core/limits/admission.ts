/** What a connection is about. */
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

/** Told what one connection is about. */
export interface Marking {
  /** How long it has been about this counts from here. */
  mark(standing: Standing): void
}

/** The place of one connection. */
export interface Seat extends Marking {
  leave(): void
}

/** A connection that asks for a seat. */
export interface Newcomer {
  /** The process that has connected; those that are not known count as one. */
  holder: number | undefined
  /** Called when the connection must make room. Its seat is free already. */
  close(): void
}

/** The seats of one socket. Everybody gets one: when they are all taken, somebody else has to go. */
export interface Admission {
  admit(newcomer: Newcomer): Seat
}

interface Taken extends Newcomer {
  standing: Standing
  /** Smaller for what has been so for longer. */
  since: number
}

/** Who is spared first. New ones and idle ones are one group: there it counts first who has most of them. */
const group: Readonly<Record<Standing, number>> = { unfinished: 0, new: 1, idle: 1, busy: 2, asked: 3 }

/**
 * Gives out the seats of a socket, so that nobody who holds connections keeps others out.
 * A newcomer takes the place of one that is in the middle of something; then of one that waits for nothing; then of one
 * that is being answered; last of one on which a person is asked. Within these it is one of the process that has most
 * connections, one that has never sent a request before one that has, and then the one that has been so for longest.
 * @param maxSeats how many connections are held at once
 * @param onEvict told of each that has to go, for the log
 */
export function createAdmission({ maxSeats, onEvict }: { maxSeats: number; onEvict: () => void }): Admission {
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

  /** Below zero when `a` is to go before `b`. */
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
      if (taken.size >= maxSeats) makeRoom()
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
