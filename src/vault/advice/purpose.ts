/** What a request is for: advice on a refusal depends on it. */
export type VaultPurpose =
  | { type: 'sign'; mount: string; role: string; keyType: string }
  /** `who`: a user name, or words for the AppRole, whose role id is half of a secret. */
  | { type: 'login'; method: 'userpass' | 'approle'; mount: string; who: string }
  /** Opens the wrapped secret id in `file`. */
  | { type: 'unwrap'; file: string }
  | { type: 'token'; operation: 'look up' | 'renew' | 'revoke' }

/** The purpose of one type. */
export type PurposeOf<Type extends VaultPurpose['type']> = Extract<VaultPurpose, { type: Type }>
