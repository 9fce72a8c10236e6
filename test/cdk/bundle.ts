/**
 * Updates the bundles of the functions before the tests, which synthesize a stack from them.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export default function bundle(): void {
  for (const script of ['lambda.mjs', 'runner.mjs']) {
    execFileSync(
      process.execPath,
      [fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url))],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }
}
