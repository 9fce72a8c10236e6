/**
 * The environment of a step's process: the user's, without what is Headrace's own.
 *
 * @module
 */

/** `HEADRACE_…` variables may hold secrets of the engine, and would change what a step that itself starts Headrace does. */
export const stepEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('HEADRACE_')));
