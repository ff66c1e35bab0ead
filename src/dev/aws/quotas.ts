/** IAM's quotas (IAM user guide, "IAM and AWS STS quotas"). Inactive keys count. */
export const maxAccessKeys = 2
