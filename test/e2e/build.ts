/**
 * The end-to-end tests run the built package.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('the package could not be built; the reason is above');
}
