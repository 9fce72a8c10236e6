/**
 * The end-to-end tests run the built package, and the evaluator's function.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  for (const script of ['scripts/build.mjs', 'scripts/lambda.mjs']) {
    const { status } = spawnSync(process.execPath, [script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error('the package could not be built; the reason is above');
  }
}
