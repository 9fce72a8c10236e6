/**
 * Whether the graph, the state and the times of a run agree with the records of its steps.
 *
 * @module
 */
import { expect } from 'vitest';
import { addTotals, NO_EXECUTIONS, totalsOf } from '../../src/model/execution-totals.ts';
import type { RunId } from '../../src/model/ids.ts';
import { callsIn } from '../../src/model/limit-state.ts';
import { statusAt } from '../../src/ports/run-state.ts';
import type { RunQueries, Tasks } from '../../src/ports/tasks.ts';

export interface RunRecords {
  readonly tasks: Tasks;
  readonly queries: RunQueries;
}

/** All calls of the graph, read in pages of this size, with the expected ordinals of each page. */
async function graphOf(id: RunId, { queries }: RunRecords, pageSize: number) {
  const found: { readonly component: string; readonly name: string; readonly parents: number[] }[] =
    [];
  for (let more = true; more; ) {
    const from = found.length;
    const page = await queries.graph(id, from, pageSize);
    if (page === undefined) throw new Error('the run is missing');
    const components = new Set(page.calls.map(({ component }) => component));
    expect([...page.ordinals].sort()).toEqual(
      [...components]
        .map((name) => [name, found.filter((call) => call.component === name).length])
        .sort(),
    );
    for (const { component, name, parents } of page.calls)
      found.push({ component, name, parents: callsIn(parents) });
    expect(page.calls.length).toBeGreaterThan(page.more ? pageSize - 1 : -1);
    more = page.more;
  }
  return found;
}

/** Expects that graph, state and times agree with the records of the steps. */
export async function expectRunState(
  records: RunRecords,
  id: RunId,
  pageSizes: readonly number[] = [1000],
) {
  const { tasks, queries } = records;
  const run = await tasks.run(id);
  if (run === undefined) throw new Error('the run is missing');
  const { head } = run;
  const steps = (await queries.allSteps(id)).filter(({ status }) => status !== 'superseded');
  const graph = await Promise.all(
    steps.map(async ({ call, component, name }) => ({
      component,
      name,
      parents: await tasks.parents(id, call, -1, 100_000),
    })),
  );
  for (const size of pageSizes) expect(await graphOf(id, records, size)).toEqual(graph);
  const state = await queries.state(id);
  expect(state).toMatchObject({ epoch: head.generation, revision: head.revision });
  expect([...(state?.statuses ?? [])].map(statusAt)).toEqual(steps.map(({ status }) => status));
  expect(state?.components).toEqual(
    [...new Set(steps.map(({ component }) => component))].map((name) => {
      const own = steps.filter(({ component }) => component === name);
      return {
        name,
        calls: own.length,
        counts: Object.fromEntries(
          [...new Set(own.map(({ status }) => status))].map((status) => [
            status,
            own.filter((step) => step.status === status).length,
          ]),
        ),
        failures: own
          .filter(({ status }) => status === 'failed')
          .slice(0, 20)
          .map(({ call }) => call),
        ...own.map(totalsOf).reduce(addTotals, NO_EXECUTIONS),
      };
    }),
  );
  const times = await queries.times(id, 0, 100_000);
  expect(times).toMatchObject({ epoch: head.generation, revision: head.revision, more: false });
  expect(
    times?.steps.map(({ call, attempts, startedAt, endedAt }) => ({
      call,
      attempts,
      startedAt,
      endedAt,
    })),
  ).toEqual(
    steps.map(({ call, attempts, startedAt, endedAt }) => ({ call, attempts, startedAt, endedAt })),
  );
}
