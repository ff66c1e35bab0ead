/** The first and last of each range: C0 but the line feed, DEL and C1, format characters, line breaks, halves, tags. */
const ranges = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe007f],
] as const

/** What a terminal obeys in a text, or what turns the text around, as code points; the ends of lines are left out. */
export function terminalCommands(text: string): string[] {
  return Array.from(text)
    .map((char) => char.codePointAt(0)!)
    .filter((code) => ranges.some(([first, last]) => code >= first && code <= last))
    .map((code) => `U+${code.toString(16)}`)
}
