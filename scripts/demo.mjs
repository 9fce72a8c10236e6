/**
 * `npm run demo`: runs the iris example and prints commands to try next.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ['dist/bin/headrace.js', 'run', 'examples/iris/pipeline.ts', ...process.argv.slice(2)],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
);

if (status === 0 && !process.argv.includes('--json')) {
  console.log(`
Run it again: the first step comes from the cache. Then try
  npx headrace run examples/iris/pipeline.ts --arg testSize=0.4
  npx headrace runs list
  npx headrace run examples/search/pipeline.ts        a loop that stops on a value
  npx headrace run examples/failures/pipeline.ts      retries, and failures that are handled
The pipeline's source is examples/iris/pipeline.ts.`);
}
process.exitCode = status ?? 1;
