import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { findSourceSection, withDevice } from '../config/source-section.ts'
import { type CredentialPlan, planCredentials, planIfValid } from './credential-plan.ts'
import { defaultRegion } from './partitions.ts'
import type { StsEndpoint } from './sts-endpoint.ts'

/** What is known of a source by its name alone. */
export interface SourcePlans {
  /** Whose STS is asked about it, and whose key a profile of that name uses, where there is one. */
  placeOf(source: string): Promise<{ region: string; endpoint?: StsEndpoint; source?: string }>
  /**
   * The plan of its own session; without a device where no file has a section for it.
   * @param mfaSerial as if its section had this device
   * @throws {AwsError} AWS_PROFILE_…
   */
  planOf(source: string, mfaSerial?: string): Promise<CredentialPlan>
}

/** Reads the files for each question. */
export function createSourcePlans(
  readAll: () => Promise<{ settings: AwsSettings; shared: SharedConfig }>,
): SourcePlans {
  return {
    async placeOf(source) {
      const { settings, shared } = await readAll()
      return planIfValid(settings, shared, source)?.last ?? { region: defaultRegion('aws') }
    },
    async planOf(source, mfaSerial) {
      const { settings, shared } = await readAll()
      // A key may be there before its section.
      const isWritten = mfaSerial === undefined && findSourceSection(settings, shared, source) !== undefined
      return planCredentials(isWritten ? settings : withDevice(settings, source, mfaSerial), shared, source)
    },
  }
}
