/**
 * Builds the functions' bundles, which the cases load.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function bundle(): void {
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../../../scripts/lambda.mjs', import.meta.url))],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}
