/**
 * The report of the smoke test: a table of what held, with the evidence.
 *
 * @module
 */
import { formatDuration, formatTable } from '../../src/view/format.ts';
import type { Result } from './check.ts';

/** 1 if a claim does not hold, or something is left. */
export const exitCodeOf = (results: readonly Result[]): number =>
  results.some(({ status }) => status === 'failed') ? 1 : 0;

/** As JSON: one object, `{ "held": …, "failed": …, "dollars": …, "results": […] }`. */
export function documentOf(results: readonly Result[], description: string): object {
  const count = (status: Result['status']) =>
    results.filter((result) => result.status === status).length;
  return {
    place: description,
    held: count('held'),
    failed: count('failed'),
    notPossible: count('not possible here'),
    dollars: total(results),
    results,
  };
}

export function reportOf(results: readonly Result[], description: string): readonly string[] {
  const table = formatTable(
    results,
    [
      { title: 'check', value: ({ name }) => name },
      { title: 'outcome', value: ({ status }) => status },
      { title: 'time', value: ({ seconds }) => formatDuration(seconds * 1000) },
      { title: 'claim', value: ({ claim }) => claim },
    ],
    (title) => title,
  );
  const evidence = results.flatMap(({ name, evidence: lines }) => [
    '',
    `${name}:`,
    ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`),
  ]);
  const counts = (['held', 'failed', 'not possible here'] as const)
    .map((status) => `${results.filter((result) => result.status === status).length} ${status}`)
    .join(', ');
  return [...table, ...evidence, '', `${description}: ${counts}; about $${total(results)}`];
}

const total = (results: readonly Result[]): number =>
  Number(results.reduce((sum, { dollars }) => sum + dollars, 0).toFixed(3));
