const secondsPerUnit: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
/** OpenSSH keeps such times in an int. */
const maxSeconds = 2 ** 31 - 1

/**
 * Reads a length of time as ssh's programs do: `600`, `10m`, `1h30`, `1W` (sshd_config(5), TIME FORMATS).
 * @returns seconds, or undefined when the text is not a length of time, or is too long for ssh-agent
 */
export function parseSshTime(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined
  const seconds = [...text.matchAll(/(\d+)([smhdw]?)/gi)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * secondsPerUnit[unit!.toLowerCase()]!,
    0,
  )
  return seconds > maxSeconds ? undefined : seconds
}
