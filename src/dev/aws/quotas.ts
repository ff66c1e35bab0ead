/** IAM's quotas (IAM user guide, "IAM and AWS STS quotas"). Inactive keys count. */
export const maxAccessKeys = 2
/** The same for the MFA devices of a user. */
export const maxMfaDevices = 8
