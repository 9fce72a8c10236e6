/**
 * Prints why steps were computed or taken from the cache.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { CacheExplanation } from '../model/cache-explanation.ts';
import { explanationLines, explanationReport } from '../view/cache-explanation.ts';
import type { Output } from '../view/output.ts';
import type { PrintedExplanation } from '../wire/printed.ts';

export async function printExplanations<S>(
  steps: readonly S[],
  explain: (step: S) => Promise<CacheExplanation>,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const reports: PrintedExplanation[] = [];
  for (const [index, step] of steps.entries()) {
    const explanation = await explain(step);
    if (json) reports.push(explanationReport(explanation));
    else
      await output.write(
        `${index === 0 ? '' : '\n'}${explanationLines(explanation, output).join('\n')}\n`,
      );
  }
  if (json) await output.write(`${JSON.stringify(reports)}\n`);
  return EXIT.completed;
}
