/** Reads a JSON object from the keychain; empty for anything else. A parser's error would quote the secret in it. */
export function parseJsonObject(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
