export async function runCommandLine(_args: readonly string[]): Promise<number> {
  return 0
}
