// Every endpoint of the local API. The files here export only endpoints and types. A new one needs its line here, and
// its handler in daemon/api/api-routes.ts, which does not compile without it.
export * from './aws-accounts.ts'
export * from './aws-console.ts'
export * from './aws-credentials.ts'
export * from './aws-explain.ts'
export * from './aws-key-rotation.ts'
export * from './aws-keys.ts'
export * from './aws-profiles.ts'
export * from './aws-region.ts'
export * from './config.ts'
export * from './prompts.ts'
export * from './status.ts'
export * from './vault.ts'
