/**
 * The process of a step in a function: `node process.mjs <bucket>`, started by the supervisor.
 *
 * @module
 */
import { join } from 'node:path';
import { openStepObjects } from '../../src/aws/storage/step-objects.ts';
import { serveAttempt } from '../../src/runner/attempt-process.ts';

const [, , bucket = ''] = process.argv;
// A function has no packages of the machine that bundled.
serveAttempt({
  objects: () => openStepObjects(bucket),
  codeFolder: ({ home }) => home,
  downloadsFolder: ({ temporaryDirectory }) => join(temporaryDirectory, 'downloads'),
  materialize: async () => (text) => text,
});
