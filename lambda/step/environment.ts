/**
 * The environment of a step's process in a function.
 *
 * @module
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Variables of Lambda's runtime, which mean nothing to a step. */
const RUNTIME_VARIABLES =
  /^(?:_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_|AWS_LAMBDA_(?:RUNTIME_API|INITIALIZATION_TYPE)|AWS_XRAY_)/;

/**
 * The function's variables without those of the runtime, with a home that can be written to, and
 * the folder of packages that the environment keeps for later steps (`HEADRACE_CACHE`).
 */
export const stepVariables = (environment: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(environment).filter(([name]) => !RUNTIME_VARIABLES.test(name)),
  ),
  HOME: home,
  HEADRACE_CACHE: join(tmpdir(), 'headrace-packages'),
});
