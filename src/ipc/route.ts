/** Where a call of the local API goes. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Such as `/v1/aws/credentials/{profile}`: a `{name}` part stands for one part of a path. */
  readonly pattern: `/${string}`
}

type ParamNames<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never

/** The values of the `{name}` parts of a route's pattern. */
export type ParamsOf<R extends Route> = { readonly [Name in ParamNames<R['pattern']>]: string }

/** The path of a call, its `{name}` parts encoded, so that no name can reach another route. */
export function pathOf<R extends Route>({ pattern }: R, params: ParamsOf<R>): string {
  const texts: Readonly<Record<string, string>> = params
  return pattern.replace(/\{(\w+)\}/g, (_part, name: string) => encodeURIComponent(texts[name]!))
}
