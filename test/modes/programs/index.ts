/** All programs, by name. Names are unique across the files. */
import type { Programs } from '../program.ts';
import { ERRORS } from './errors.ts';
import { FAILURES } from './failures.ts';
import { NAMES } from './names.ts';

export const PROGRAMS: Programs = { ...ERRORS, ...FAILURES, ...NAMES };
