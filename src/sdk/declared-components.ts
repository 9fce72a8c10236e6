/**
 * The names of all components that this program declares. Names of steps depend on them in debug
 * mode (`model/step-names.ts`).
 *
 * @module
 */
export const declaredComponentNames = new Set<string>();
