import { shellWord } from '../../core/text/shell-word.ts'

/** A key of the user behind a source, and who can do something about it. */
export interface CommandedKey {
  source: string
  /** Whether the credentials of the source may call IAM, so that the AWS CLI can be run with them. */
  isBySession: boolean
  userName: string
  accessKeyId: string
}

/** The AWS CLI's command that makes a key inactive, which can be taken back. */
export const deactivateCommand = (key: CommandedKey): string => `${inIam('update-access-key', key)} --status Inactive`

/** The one that deletes it. */
export const deleteCommand = (key: CommandedKey): string => inIam('delete-access-key', key)

function inIam(command: string, { source, isBySession, userName, accessKeyId }: CommandedKey): string {
  const exec = isBySession ? `latchkey aws exec ${shellWord(source)} -- ` : ''
  return `${exec}aws iam ${command} --user-name ${shellWord(userName)} --access-key-id ${shellWord(accessKeyId)}`
}
