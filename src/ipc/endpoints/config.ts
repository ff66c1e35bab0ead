import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { configReport } from './fields.ts'

/** What of config.toml does not count. */
export const getConfig = { method: 'GET', pattern: '/v1/config', answer: configReport } as const satisfies Endpoint
/** What of config.toml does not count, and why. */
export type ConfigReport = AnswerOf<typeof getConfig>
