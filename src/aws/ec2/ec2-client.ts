import type { SigningCredentials } from '../credentials.ts'
import type { Ec2Endpoint } from './ec2-place.ts'

/** Who asks EC2, and where. */
export interface Ec2Signer extends Ec2Endpoint {
  credentials: SigningCredentials
}

/** A machine. */
export interface Ec2Instance {
  /** `running`, or another one (EC2 API reference, InstanceState). */
  state: string
  /** Its DNS names and addresses, public ones first, in lower case, each once. Nothing else can be in a name. */
  names: readonly string[]
}

/** The port to EC2 (API reference 2016-11-15). Each call rejects with an AwsError whose message holds no secret. */
export interface Ec2Client {
  /** @param instance its id */
  describeInstance(signer: Ec2Signer, instance: string): Promise<Ec2Instance>
  /**
   * The console of a machine, its last 64 KB.
   * @param isLatest as it is now, which EC2 knows of newer hardware alone (Nitro); else as it was posted shortly after the
   * machine last started or stopped
   * @returns empty where there is none yet; undefined: the hardware does not tell
   */
  consoleOutput(signer: Ec2Signer, instance: string, isLatest: boolean): Promise<Buffer | undefined>
}
