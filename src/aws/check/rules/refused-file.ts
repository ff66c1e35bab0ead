import type { Rule } from '../finding.ts'

/** More of them say nothing new: it is not a file for the AWS tools. */
const maxShown = 10

/** botocore can read the files: a mistake in one line disables every profile. */
export const refusedFile: Rule = {
  name: 'refused-file',
  find: ({ mistakes, paths }) =>
    (['config', 'credentials'] as const)
      .filter((file) => mistakes[file].length > 0)
      .map((file) => {
        const shown = mistakes[file].slice(0, maxShown).map(({ line, what }) => `line ${line} ${what}`)
        const more = mistakes[file].length - shown.length
        return {
          severity: 'error' as const,
          what: `the AWS CLI and boto3 refuse all of ${paths[file]}, and so every profile`,
          evidence: more === 0 ? shown : [...shown, `${more} more lines`],
          mend: `correct these lines of ${paths[file]}`,
        }
      }),
}
