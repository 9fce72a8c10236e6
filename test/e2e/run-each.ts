/**
 * Executes many runs of one project, a few at once, on one home.
 *
 * @module
 */
import type { RunDocument } from '../unit/cli/contract.ts';
import type { Project } from './cli.ts';

const MAX_CONCURRENT = 3;

/** Applies `work` to each item, a few at once. Returns the results by item. */
export async function each<T>(
  items: readonly string[],
  work: (item: string) => Promise<T>,
): Promise<Readonly<Record<string, T>>> {
  const results: Record<string, T> = {};
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      results[item] = await work(item);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT }, worker));
  return results;
}

export interface Outcome {
  readonly code: number | null;
  readonly run: RunDocument;
}

/** Runs these pipelines of `main.ts`. */
export const runEach = (
  project: Project,
  pipelines: readonly string[],
): Promise<Readonly<Record<string, Outcome>>> =>
  each(pipelines, async (name) => {
    const { code, run } = await project.json('run', 'main.ts', '--pipeline', name);
    return { code, run };
  });

/** `code status: the error, or the result` of each. */
export const outcomeTexts = (
  outcomes: Readonly<Record<string, Outcome>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(outcomes).map(([name, { code, run }]) => [
      name,
      `${code} ${run.status}: ${run.error === null ? JSON.stringify(run.result) : `${run.error.name}: ${run.error.message}`}`,
    ]),
  );
