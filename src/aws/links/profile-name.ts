/**
 * A text that people wrote as the name of a profile: `dev two` is `dev-two`. What some AWS tool cannot read in a name, or
 * a shell reads as something else, becomes a hyphen; no hyphen begins it, which would be an option.
 * @returns an empty text where nothing is left
 */
export function profileNameFrom(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}_@.%:/+-]+/gu, '-')
    .replace(/^-+|-+$/g, '')
}
