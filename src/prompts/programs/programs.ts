import { basename } from 'node:path'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { askpass } from './askpass.ts'
import type { DialogProgram } from './dialog.ts'
import { kdialog } from './kdialog.ts'
import { osascript } from './osascript.ts'
import { pinentry } from './pinentry.ts'
import { zenity } from './zenity.ts'

/** The programs that are known, each with a file of its own. To add one, add a file beside these and its name here. */
const programs: Readonly<Record<string, DialogProgram>> = { askpass, pinentry, kdialog, zenity, osascript }

/** What `prompt.program` may be, beside a path. */
export const programChoices: readonly string[] = ['auto', 'none', ...Object.keys(programs)]

/** A program, and where it is. */
export interface PlacedProgram {
  program: DialogProgram
  path: string
}

/** A name or a path by which a program may be found, the first choice first. */
interface SearchedProgram {
  program: DialogProgram
  name: string
}

/** Where programs are looked for. */
export interface ProgramPlaces {
  /** The daemon's. */
  environment: Environment
  platform: NodeJS.Platform
  /** The file that a name stands for, or a path, where nobody else could have put it there. */
  find(name: string): string | undefined
}

/** What can ask, best first; or why nothing can, in words. */
export type FoundPrograms = { found: readonly [PlacedProgram, ...PlacedProgram[]] } | { whyNone: string }

/**
 * Finds the programs that may ask.
 * @param choice `prompt.program`: a path, a name of a program, `auto` or `none`
 */
export function findPrograms(choice: string, places: ProgramPlaces): FoundPrograms {
  if (choice === 'none') return { whyNone: 'prompt.program is "none"' }
  if (choice.includes('/')) return { found: [{ program: programAt(choice), path: choice }] }
  const { environment, platform } = places
  if (choice === 'auto' && platform !== 'darwin' && !hasDisplay(environment)) {
    return { whyNone: 'neither DISPLAY nor WAYLAND_DISPLAY is set for the daemon' }
  }
  const placed = candidates(environment)
    .filter(({ program }) => choice === 'auto' || program.name === choice)
    .flatMap(({ program, name }) => {
      const path = places.find(name)
      return path === undefined ? [] : [{ program, path }]
    })
  // SSH_ASKPASS is often the very ssh-askpass that comes last: what could not ask is not tried twice.
  const [first, ...others] = placed.filter(({ path }, at) => placed.findIndex((other) => other.path === path) === at)
  if (first !== undefined) return { found: [first, ...others] }
  const what = choice === 'auto' ? Object.keys(programs).join(', ') : choice
  return { whyNone: `not found in those folders of PATH that nobody else can change: ${what}` }
}

function hasDisplay({ DISPLAY, WAYLAND_DISPLAY }: Environment): boolean {
  return isSet(DISPLAY) || isSet(WAYLAND_DISPLAY)
}

/**
 * What the person or the desktop has set for ssh comes first, and an ssh-askpass that merely happens to be installed last:
 * it can neither list nor show anything.
 */
function candidates({ SSH_ASKPASS, SSH_ASKPASS_REQUIRE }: Environment): SearchedProgram[] {
  const isForSsh = SSH_ASKPASS?.startsWith('/') === true && SSH_ASKPASS_REQUIRE !== 'never'
  const flavors = ['', '-gnome3', '-qt', '-qt5', '-gtk-2', '-mac']
  return [
    ...(isForSsh ? [{ program: askpass, name: SSH_ASKPASS }] : []),
    ...flavors.map((flavor) => ({ program: pinentry, name: `pinentry${flavor}` })),
    { program: kdialog, name: 'kdialog' },
    { program: zenity, name: 'zenity' },
    { program: osascript, name: 'osascript' },
    { program: askpass, name: 'ssh-askpass' },
  ]
}

/** How the program of a path is asked: by its name; what has none of the known ones is an askpass program. */
function programAt(path: string): DialogProgram {
  const name = basename(path)
  if (/^pinentry\b/.test(name)) return pinentry
  return Object.hasOwn(programs, name) ? programs[name]! : askpass
}
