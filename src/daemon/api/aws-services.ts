import type { Ec2Client } from '../../aws/ec2/ec2-client.ts'
import type { OrganizationsClient } from '../../aws/organizations/organizations-client.ts'

/** The services of AWS that only the local API uses; called each time one is needed, and not before. */
export interface AwsServices {
  organizations: () => Promise<OrganizationsClient>
  ec2: () => Promise<Ec2Client>
}
