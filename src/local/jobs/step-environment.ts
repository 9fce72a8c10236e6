/**
 * The environment of a step's process: that of the user, without Headrace's own variables, and with
 * the time zone of all modes.
 *
 * @module
 */
import { TIME_ZONE } from '../../model/time-zone.ts';

/**
 * Removes the `HEADRACE_…` variables: they may hold secrets of the engine, and would change the
 * behaviour of a step that starts Headrace itself.
 */
export const stepEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('HEADRACE_')),
  ),
  TZ: TIME_ZONE,
});
