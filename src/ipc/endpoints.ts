import type { AnswerOf } from './endpoint.ts'
import * as all from './endpoints/all.ts'

/** Every endpoint of the local API, by its name. */
export const endpoints = { ...all }

/** The name of an endpoint. */
export type EndpointName = keyof typeof endpoints

/** An endpoint by its name. */
export type EndpointNamed<Name extends EndpointName> = (typeof endpoints)[Name]

/** What an endpoint answers, by its name. */
export type AnswerTo<Name extends EndpointName> = AnswerOf<EndpointNamed<Name>>
