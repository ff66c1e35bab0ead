import { decodePublicKey, type PublicKey } from './public-key.ts'
import { parsePublicKeyLine } from './public-key-line.ts'
import { readOr } from './read-or.ts'
import { equalBytes } from './wire.ts'

/** What the console of a machine shows of its host keys. */
export type ConsoleKeys =
  | {
      type: 'shown'
      keys: readonly PublicKey[]
      /** What it has shown before, and shows no more. */
      formerKeys: readonly PublicKey[]
      /** How many lines between the keys look like one that is no key, or none of a type that is known. */
      unreadable: number
    }
  | {
      type: 'not-shown'
      /**
       * `blank`: there is nothing; `none`: nothing of keys; `cut`: only an end of theirs; `unended`: only a beginning;
       * `unreadable`: no line between the two is a key.
       */
      why: 'blank' | 'none' | 'cut' | 'unended' | 'unreadable'
    }

/** One showing of keys, or what is left of it. */
interface Block {
  state: 'whole' | 'cut' | 'unended'
  keys: readonly PublicKey[]
  unreadable: number
}

/** What cloud-init writes around the keys, once for each machine (its tools/write-ssh-key-fingerprints). */
const begin = '-----BEGIN SSH HOST KEY KEYS-----'
const end = '-----END SSH HOST KEY KEYS-----'

/**
 * What the kernel, the system's log and cloud-init put in front of a line: a priority, a time since the start, a date, a host
 * and a program. Of programs only those that write keys: at `login:` anybody may type who has the serial console.
 */
const prefix =
  /^(?:<\d{1,3}>)? ?(?:\[ ?\d{1,8}\.\d{1,9}\] ?)?(?:[A-Z][a-z]{2} \d{1,2} [\d:]{8} |\d{4}-\d\d-\d\d[T ][\d:.,]{8,15}(?:Z|[+-]\d\d:?\d\d)? )?(?:(?:[\w.-]{1,64} )?(?:cloud-init|ec2|ci-info)(?:\[\d{1,10}\])?: ?)?/
/** Commands to a terminal (ECMA-48, control sequences), such as the colours in which systemd writes, and other controls. */
const controls = /\p{Cc}(?:\[[0-?]{0,32}[ -/]{0,8}[@-~])?/gu
/** What could be the line of a key: a type, and something. */
const keyForm = /^((?:ssh|ecdsa|sk|rsa|webauthn)-[\w@.-]{1,64}) (\S+)/
/** Longer than the line of any key. */
const maxLine = 16 * 1024
/** A machine has one of each type. More are left out: a program that writes to the console could fill what is shown of it. */
const maxKeys = 16

/**
 * Finds the host keys that cloud-init has written to the console of a machine: those of the last block that is whole. A newer
 * one that is not, and has other keys, is believed more than an older one that is: then there are none.
 * @param outputs what has been on the console, in the order in which it was, as latin1; the same may be in two of them
 */
export function readConsoleKeys(outputs: readonly string[]): ConsoleKeys {
  const blocks = outputs.flatMap(blocksIn)
  const at = blocks.findLastIndex(({ state }) => state === 'whole')
  const last = blocks[at]
  if (last === undefined) {
    const remains = blocks.at(-1)
    if (remains !== undefined) return { type: 'not-shown', why: remains.state === 'cut' ? 'cut' : 'unended' }
    return { type: 'not-shown', why: outputs.every((output) => output.trim() === '') ? 'blank' : 'none' }
  }
  const newer = blocks.slice(at + 1).find(({ keys }) => keys.length === 0 || keys.some((key) => !has(last.keys, key)))
  if (newer !== undefined) return { type: 'not-shown', why: newer.state === 'cut' ? 'cut' : 'unended' }
  if (last.keys.length === 0) return { type: 'not-shown', why: 'unreadable' }
  const before = blocks.slice(0, at).flatMap(({ keys }) => keys)
  const formerKeys = distinct(before.filter((key) => !has(last.keys, key))).slice(-maxKeys)
  return { type: 'shown', keys: last.keys, formerKeys, unreadable: last.unreadable }
}

function blocksIn(output: string): readonly Block[] {
  const blocks: Block[] = []
  let isOpen = false
  let keys: PublicKey[] = []
  let unreadable = 0
  const close = (state: Block['state']) => {
    blocks.push({ state, keys: distinct(keys), unreadable })
    keys = []
    unreadable = 0
  }
  for (const raw of output.split('\n')) {
    if (raw.length > maxLine) continue
    const line = raw.replace(/\s+/g, ' ').replace(controls, '').trim()
    const text = line.replace(prefix, '')
    if (text === begin) {
      if (isOpen) close('unended')
      // What looked like a key before belongs to nothing.
      keys = []
      unreadable = 0
      isOpen = true
    } else if (text === end) {
      close(isOpen ? 'whole' : 'cut')
      isOpen = false
    } else {
      const read = readKey(line) ?? readKey(text)
      if (read === 'unreadable' || (read !== undefined && keys.length === maxKeys)) unreadable += 1
      else if (read !== undefined) keys.push(read)
    }
  }
  if (isOpen) close('unended')
  return blocks
}

/** Undefined: it does not look like a key. */
function readKey(line: string): PublicKey | 'unreadable' | undefined {
  const [, type, base64] = keyForm.exec(line) ?? []
  if (type === undefined || base64 === undefined) return undefined
  return readOr('unreadable', () => decodePublicKey(parsePublicKeyLine(`${type} ${base64}`).blob))
}

const isSame = (one: PublicKey, other: PublicKey) => equalBytes(one.blob, other.blob)
const has = (keys: readonly PublicKey[], wanted: PublicKey) => keys.some((key) => isSame(key, wanted))
const distinct = (keys: readonly PublicKey[]) =>
  keys.filter((key, index) => keys.findIndex((other) => isSame(key, other)) === index)
