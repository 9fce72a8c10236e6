/**
 * Updates the package and the bundles of the functions before the tests, which synthesize a stack
 * from them and compile a program with the package's declarations.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export default function bundle(): void {
  for (const script of ['build.mjs', 'lambda.mjs', 'runner.mjs']) {
    execFileSync(
      process.execPath,
      [fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url))],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }
}
