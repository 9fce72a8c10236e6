/**
 * Prints the outcomes of `headrace notifications test`.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { TestOutcome } from '../notifications/send-test.ts';
import type { Output } from '../view/output.ts';

export interface ShownTest extends TestOutcome {
  readonly notification: string | number;
  /** Without the secret part of an address. */
  readonly to: string;
}

/** Returns 1 if a target did not accept a message. */
export async function printTests(
  tests: readonly ShownTest[],
  json: boolean,
  output: Output,
): Promise<ExitCode> {
  const exit = tests.some(({ problem }) => problem !== null) ? EXIT.failed : EXIT.completed;
  if (json) {
    await output.write(`${JSON.stringify(tests)}\n`);
    return exit;
  }
  for (const { notification, to, sent, problem } of tests) {
    if (sent.length > 0)
      await output.write(`notification ${notification}: ${sent.join(', ')} sent to ${to}\n`);
    if (problem !== null)
      output.note(`notification ${notification}: the test was not sent to ${to}: ${problem}`);
  }
  return exit;
}
