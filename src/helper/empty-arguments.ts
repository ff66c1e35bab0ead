import type { Command } from 'commander'

/**
 * Refuses what is given but empty, such as "$UNSET": nothing is called so, and it would be another path of the API. The words
 * of a command that is to run are its own.
 * @throws {CommanderError}
 */
export function refuseEmpty(command: Command): void {
  const { registeredArguments, args, options } = command
  const argument = registeredArguments.find((each, at) => {
    const given = each.variadic ? args.slice(at) : args.slice(at, at + 1)
    return each.name() !== 'command' && given.includes('')
  })
  if (argument !== undefined) command.error(`argument '${argument.name()}' is empty`)
  const option = options.find((each) => {
    const value: unknown = command.getOptionValue(each.attributeName())
    return value === '' || (Array.isArray(value) && value.includes(''))
  })
  if (option !== undefined) command.error(`option '${option.flags}' is empty`)
}
