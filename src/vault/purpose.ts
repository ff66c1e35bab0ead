/** What a request is for: advice on a refusal depends on it. */
export type VaultPurpose =
  | { type: 'sign'; mount: string; role: string; keyType: string }
  /** `who`: a user name, or the role id of an AppRole. */
  | { type: 'login'; method: 'userpass' | 'approle'; mount: string; who: string }
  /** Opens the wrapped secret id in `file`. */
  | { type: 'unwrap'; file: string }
  | { type: 'token'; operation: 'look up' | 'renew' | 'revoke' }

export type PurposeOf<Type extends VaultPurpose['type']> = Extract<VaultPurpose, { type: Type }>
