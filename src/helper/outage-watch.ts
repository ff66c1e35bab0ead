/** So many questions that nobody answers, before there was one answer, are a network that is down. */
const maxUnanswered = 4

/**
 * Knows when it is of no use to ask AWS on about a list of things: each of them would cost the time in which an answer is
 * given up.
 * @returns what is told the code of each error that came, or undefined for an answer; true: nobody answers at all
 */
export function createOutageWatch(): (code: string | undefined) => boolean {
  let isAnswered = false
  let unanswered = 0
  return (code) => {
    // A refusal is an answer, too.
    if (code === 'AWS_UNREACHABLE') unanswered += 1
    else isAnswered = true
    return !isAnswered && unanswered >= maxUnanswered
  }
}
