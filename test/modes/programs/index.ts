/** All programs, by name. Names are unique across the files. */
import type { Programs } from '../program.ts';
import { BUFFERS } from './buffers.ts';
import { CHILD_RUNS } from './child-runs.ts';
import { CONCURRENCY } from './concurrency.ts';
import { ENVIRONMENT } from './environment.ts';
import { ERRORS } from './errors.ts';
import { FAILURES } from './failures.ts';
import { LARGE_ARGUMENTS } from './large-arguments.ts';
import { LAZIES } from './lazies.ts';
import { LIMITS } from './limits.ts';
import { NAMES } from './names.ts';
import { OPTIONS } from './options.ts';
import { PACKAGES } from './packages.ts';
import { PARAMETERS } from './parameters.ts';
import { POSITIONS } from './positions.ts';
import { RECORDS } from './records.ts';
import { REPORTS } from './reports.ts';
import { STEP_CONTROL } from './step-control.ts';
import { SYNTAX } from './syntax.ts';
import { TRAVEL } from './travel.ts';
import { UNHANDLED } from './unhandled.ts';
import { WAITING } from './waiting.ts';

export const PROGRAMS: Programs = {
  ...BUFFERS,
  ...CONCURRENCY,
  ...CHILD_RUNS,
  ...ENVIRONMENT,
  ...ERRORS,
  ...FAILURES,
  ...LARGE_ARGUMENTS,
  ...LAZIES,
  ...LIMITS,
  ...NAMES,
  ...OPTIONS,
  ...PACKAGES,
  ...PARAMETERS,
  ...POSITIONS,
  ...RECORDS,
  ...REPORTS,
  ...STEP_CONTROL,
  ...SYNTAX,
  ...TRAVEL,
  ...UNHANDLED,
  ...WAITING,
};
