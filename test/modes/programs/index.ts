/** All programs, by name. Names are unique across the files. */
import type { Programs } from '../program.ts';
import { FAILURES } from './failures.ts';

export const PROGRAMS: Programs = { ...FAILURES };
