/**
 * An engine that a test kills. It submits one step, and prints the transitions that are sent for
 * it.
 *
 *     node engine-program.mjs <home> <runner> <reaper> <grace in seconds> <spec as JSON>
 *
 * @module
 */
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { createSubprocessJobs } from '../../../src/local/jobs/subprocess-jobs.ts';
import { stepSpecSchema } from '../../../src/model/spec.ts';

const [home = '', runner = '', reaper = '', grace = '', spec = ''] = process.argv.slice(2);

const jobs = createSubprocessJobs({
  home,
  objects: createFileObjects(home),
  transitions: {
    async send(transitions) {
      for (const transition of transitions) process.stdout.write(`${JSON.stringify(transition)}\n`);
    },
  },
  clock: { now: Date.now },
  graceSeconds: Number(grace),
  program: { file: runner, execArgv: [] },
  reaper: { file: reaper, execArgv: [] },
});
await jobs.submit({
  name: 'job',
  queue: 'default',
  specs: [stepSpecSchema.parse(JSON.parse(spec))],
  container: {},
});
// It stays until the test kills it: idle runners do not keep it alive.
setInterval(() => undefined, 60_000);
