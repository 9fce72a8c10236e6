/**
 * The environment of a step's process: that of the user, without Headrace's own variables.
 *
 * @module
 */

/**
 * Removes the `HEADRACE_…` variables: they may hold secrets of the engine, and would change the
 * behaviour of a step that starts Headrace itself.
 */
export const stepEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('HEADRACE_')));
