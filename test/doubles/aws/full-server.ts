import { createDevAws, type DevAws, type DevAwsOptions } from '../../../src/dev/aws/server.ts'
import { type AwsAdministration, createAdministration } from './administration.ts'
import { type AwsFaults, faultyExchanges } from './faults.ts'
import { roleTerms } from './role-terms.ts'
import { evaluateTrust } from './trust-language.ts'

/** What it is started with: like the embedded AWS, and how it differs. */
export interface FullAwsOptions extends DevAwsOptions {
  faults?: AwsFaults
  /** Regions that this endpoint stands for; all of the `aws` partition by default. */
  regions?: readonly string[]
  /** Lets role sessions keep their MFA context, as some report that AWS does; AWS's documentation says otherwise. */
  roleSessionsCarryMfa?: boolean
}

/** The embedded AWS with all that the tests add to it. */
export interface FullAws extends DevAws, AwsAdministration {}

/** Starts an embedded AWS that has everything; a plug-in goes here and nowhere else. @throws as `createDevAws` */
export async function createFullAws(options: FullAwsOptions): Promise<FullAws> {
  const { faults = {}, regions, roleSessionsCarryMfa = false, plugins = [], ...own } = options
  const now = () => options.now() + (faults.clockOffsetMs?.() ?? 0)
  const aws = await createDevAws({
    ...own,
    now,
    plugins: [
      faultyExchanges(faults),
      ...(regions === undefined ? [] : [{ isRegion: (region: string) => regions.includes(region) }]),
      { judgeTrust: evaluateTrust, roleFeature: roleTerms(roleSessionsCarryMfa) },
      ...plugins,
    ],
  })
  return { ...aws, ...createAdministration(aws.directory, now) }
}
