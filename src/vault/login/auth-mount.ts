/** An auth mount's path without `auth/`. People write it as `userpass`, `userpass/` and `auth/userpass`. */
export function authMount(text: string): string {
  return text.replace(/^\/+|\/+$/g, '').replace(/^auth\//, '')
}
