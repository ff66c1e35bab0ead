import { iamArn } from './identifiers.ts'
import type { DevAccessKey, DevAwsState, DevRole, DevUser } from './state.ts'

/** The users and roles, by their ARNs. Code that changes the state saves it before the call is answered. */
export interface AwsDirectory {
  readonly state: DevAwsState
  user(arn: string): DevUser | undefined
  role(arn: string): DevRole | undefined
  accessKey(id: string): { key: DevAccessKey; user: DevUser } | undefined
  /** The user who has an MFA device. */
  deviceOwner(serialNumber: string): DevUser | undefined
  save(): Promise<void>
}

/** Finds users and roles. @param save makes the state durable */
export function createDirectory(state: DevAwsState, save: () => Promise<void>): AwsDirectory {
  return {
    state,
    save,
    user: (arn) => state.users.find((candidate) => userArn(candidate) === arn),
    role: (arn) => state.roles.find((candidate) => roleArn(candidate) === arn),
    accessKey(id) {
      const found = state.users.flatMap((user) => user.accessKeys.map((key) => ({ key, user })))
      return found.find(({ key }) => key.id === id)
    },
    deviceOwner: (serialNumber) =>
      state.users.find(({ mfaDevices }) => mfaDevices.some((device) => device.serialNumber === serialNumber)),
  }
}

/** The ARN of a user. */
export function userArn({ account, name }: Pick<DevUser, 'account' | 'name'>): string {
  return iamArn(account, 'user', name)
}

/** The ARN of a role. */
export function roleArn({ account, name }: Pick<DevRole, 'account' | 'name'>): string {
  return iamArn(account, 'role', name)
}
