/**
 * The program that ends the jobs of a crashed engine: `orphan-reaper <home> <process id>
 * <start time> <grace in milliseconds>`. The engine's watch starts it (`local/jobs/engine-watch.ts`).
 *
 * @module
 */
import { killJobsOf } from '../local/jobs/job-records.ts';

const [home = '', pid = '', startTime = '', graceMs = ''] = process.argv.slice(2);
await killJobsOf(home, { pid: Number(pid), startTime }, Number(graceMs));
