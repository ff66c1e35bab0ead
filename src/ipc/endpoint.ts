import type * as v from 'valibot'
import type { ParamsOf, Route } from './route.ts'

/** One call of the local API, as the daemon answers it and the helper makes it. Both check what they receive against it. */
export interface Endpoint extends Route {
  /** The body of a request; if absent, a body is refused. */
  readonly request?: v.GenericSchema
  /** The body of the answer, whose status is 200; if absent, the answer is 204 without a body. */
  readonly answer?: v.GenericSchema
  /** A person may be asked on the way, possibly on the caller's own terminal (protocol.ts). */
  readonly mayAsk?: true
  /** The answer comes when something happens, or after a while: a person who waits for it is not told to be patient. */
  readonly isLongPoll?: true
}

/** Endpoints by their names. */
export type Endpoints = Readonly<Record<string, Endpoint>>

/** The body of a request, checked. */
export type RequestOf<E extends Endpoint> = E extends { readonly request: infer Schema extends v.GenericSchema }
  ? v.InferOutput<Schema>
  : undefined

/** The body of an answer, checked. */
export type AnswerOf<E extends Endpoint> = E extends { readonly answer: infer Schema extends v.GenericSchema }
  ? v.InferOutput<Schema>
  : undefined

/** What a caller gives: the `{name}` parts of the path, if there are any, and the body, if there is one. */
export type InputOf<E extends Endpoint> = (keyof ParamsOf<E> extends never ? unknown : { params: ParamsOf<E> }) &
  (E extends { readonly request: v.GenericSchema } ? { body: RequestOf<E> } : unknown)
