import type { AnswerOf, Endpoint } from '../endpoint.ts'
import { configReport } from './fields.ts'

/** The parts of config.toml that have no effect. */
export const getConfig = { method: 'GET', pattern: '/v1/config', answer: configReport } as const satisfies Endpoint
/** The parts of config.toml that have no effect, and why. */
export type ConfigReport = AnswerOf<typeof getConfig>
