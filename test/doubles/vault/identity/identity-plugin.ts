import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { permissionDenied } from '../../../../src/dev/vault/errors.ts'
import { createIdentityStore, type IdentityStore } from './identity.ts'
import { createIdentityRoutes } from './identity-routes.ts'
import { renderTemplate, TemplateError } from './templates.ts'

/** Entities, their aliases and policies, and the templates in policy paths that are rendered for them. */
export const identity: Plugin = (core) => {
  const store = createIdentityStore(core, core.now)
  return {
    identities: {
      ofLogin: (mountAccessor, name, metadata) => store.ofLogin(mountAccessor, name, metadata).id,
      policiesOf: (entityId) => store.find(entityId)?.policies ?? [],
    },
    admit({ token }) {
      if (store.find(token.entry.entityId)?.disabled === true) throw permissionDenied()
    },
    renderPath: (path, entityId) => renderPath(store, path, entityId),
    routes: { identity: createIdentityRoutes({ identity: store, mounts: core.mounts }) },
    unmounted: ({ accessor }) => store.removeAliasesOf(accessor),
  }
}

/** A rule whose template cannot be rendered for the caller allows the caller nothing. */
function renderPath(store: IdentityStore, path: string, entityId: string): string | undefined {
  try {
    return renderTemplate(path, store.find(entityId))
  } catch (error) {
    if (error instanceof TemplateError) return undefined
    throw error
  }
}
