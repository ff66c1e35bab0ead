import { DevVaultError } from './errors.ts'
import type { DevVaultState, StateAccess } from './state.ts'
import { entryOf, table } from './tables.ts'

/** Where the state is kept: one JSON text, which holds CA keys and must be readable by its owner alone. */
export interface StateStorage {
  /** The text that was saved last, or undefined at the first start. */
  load(): string | undefined | Promise<string | undefined>
  save(text: string): void | Promise<void>
}

/** The state, and when it is saved. */
export interface StateKeeper extends StateAccess {
  /** Resolves when all that was changed before the call is saved. @throws what the storage's `save` throws */
  flush(): Promise<void>
}

/**
 * Loads the state, or begins one, and saves it when it has changed.
 * @throws {DevVaultError} STATE_UNREADABLE, and what `load` throws
 */
export async function openState(storage: StateStorage | undefined, begin: () => DevVaultState): Promise<StateKeeper> {
  const text = await storage?.load()
  const state = text === undefined ? begin() : parseState(text)
  let isDirty = text === undefined
  let saving: Promise<void> = Promise.resolve()
  const save = async () => {
    if (!isDirty) return
    isDirty = false
    try {
      await storage?.save(JSON.stringify(state))
    } catch (error) {
      isDirty = true
      throw error
    }
  }
  return {
    state,
    changed() {
      isDirty = true
    },
    // What was saved under a name was begun by its only owner, so the type holds.
    part: <T extends object>(name: string, begin: () => T) => entryOf<object>(state.parts, name, begin) as T,
    flush() {
      // One save at a time; calls that wait meanwhile share the next, which saves all that happened until then.
      saving = saving.then(save, save)
      return saving
    },
  }
}

/** Reads a state that was saved. @throws {DevVaultError} STATE_UNREADABLE */
export function parseState(text: string): DevVaultState {
  let parsed: DevVaultState
  try {
    parsed = JSON.parse(text, (_key, value: unknown) => withoutPrototype(value))
  } catch (cause) {
    throw new DevVaultError('STATE_UNREADABLE', 'the state of the development Vault is not JSON', { cause })
  }
  if (parsed.version === 2) return parsed
  throw new DevVaultError('STATE_UNREADABLE', 'the state of the development Vault has another version', {
    hint: 'remove it to start afresh',
  })
}

function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.assign(table<unknown>(), value)
}
