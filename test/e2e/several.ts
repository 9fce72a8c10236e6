/**
 * Many runs of one project, a few at once: they share a home, as runs of a person do.
 *
 * @module
 */
import type { RunDocument } from '../unit/cli/contract.ts';
import type { Project } from './cli.ts';

const AT_ONCE = 3;

/** `work` on each item, a few at a time; the answers by item. */
export async function each<T>(
  items: readonly string[],
  work: (item: string) => Promise<T>,
): Promise<Readonly<Record<string, T>>> {
  const answers: Record<string, T> = {};
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      answers[item] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return answers;
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

/** `code status: the error, or the result` of each: what a table of expectations compares. */
export const told = (
  outcomes: Readonly<Record<string, Outcome>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(outcomes).map(([name, { code, run }]) => [
      name,
      `${code} ${run.status}: ${run.error === null ? JSON.stringify(run.result) : `${run.error.name}: ${run.error.message}`}`,
    ]),
  );
