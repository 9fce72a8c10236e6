/**
 * Finds runs and steps of a home by what a user types: an id, the start of one, `latest`, a step's
 * or a component's name.
 *
 * @module
 */

import { NotFoundError } from '../launch/errors.ts';
import { findHome } from '../launch/home.ts';
import type { HomeRecords } from '../launch/load-engine.ts';
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { RunQueries, Tasks } from '../ports/tasks.ts';
import type { TargetOptions } from './option-types.ts';
import { openRecords } from './records.ts';
import { MAX_LISTED_STEPS, unknownStepError } from './unknown-step.ts';

interface RunLookup {
  readonly tasks: Pick<Tasks, 'run' | 'calls' | 'callsNamed' | 'steps'>;
  readonly queries: Pick<RunQueries, 'runs' | 'runsWithPrefix'>;
}

/** The most calls of one component that one name selects. */
const MAX_CALLS_PER_NAME = 10_000;

export interface SelectedRun {
  readonly home: string;
  /** Open until the action completes. */
  readonly records: HomeRecords;
  readonly run: Run;
}

/**
 * Opens the records of the home, passes the run that `text` names to the action, and closes the
 * records.
 *
 * @param from the folder from which the home is searched
 * @throws NotFoundError
 */
export async function withSelectedRun<T>(
  text: string,
  options: Pick<TargetOptions, 'home'>,
  action: (selected: SelectedRun) => Promise<T>,
  from: string = process.cwd(),
): Promise<T> {
  const home = findHome(options.home, from);
  const records = await openRecords(home);
  try {
    return await action({ home, records, run: await selectRun(records, text) });
  } finally {
    await records.close();
  }
}

/** The run that `text` names: an id, the start of one, or `latest`. @throws NotFoundError */
export async function selectRun(store: RunLookup, text: string): Promise<Run> {
  const id = text === 'latest' ? await latestRunId(store) : await runIdByPrefix(store, text);
  const run = await store.tasks.run(id);
  if (run === undefined) throw new NotFoundError(`there is no run ${JSON.stringify(text)}`);
  return run;
}

async function latestRunId({ queries }: RunLookup): Promise<RunId> {
  const [run] = await queries.runs({ limit: 1 });
  if (run === undefined) throw new NotFoundError('there are no runs yet');
  return run.info.id;
}

async function runIdByPrefix({ queries }: RunLookup, text: string): Promise<RunId> {
  const prefix = text.toLowerCase();
  const ids = /^[0-9a-z]{1,26}$/.test(prefix) ? await queries.runsWithPrefix(prefix) : [];
  if (ids[0] === undefined)
    throw new NotFoundError(
      `there is no run ${JSON.stringify(text)}: \`headrace runs list\` shows all runs`,
    );
  if (ids.length > 1)
    throw new NotFoundError(
      `several runs start with ${JSON.stringify(text)}: write more of the id`,
    );
  return ids[0];
}

/**
 * The steps that `name` names: the step of that name, else all calls of the component of that name.
 * @throws NotFoundError
 */
export async function selectSteps(
  lookup: RunLookup,
  run: RunId,
  name: string,
): Promise<readonly Step[]> {
  const steps = await selectCalls(lookup, run, name);
  const exactMatches = steps.filter((step) => step.name === name);
  return exactMatches.length > 0 ? exactMatches : steps;
}

/**
 * The step of that name and all calls of the component of that name: to compare them, of which the
 * first has the component's name.
 *
 * @throws NotFoundError
 */
export async function selectCalls(
  { tasks }: RunLookup,
  run: RunId,
  name: string,
): Promise<readonly Step[]> {
  const steps = await tasks.steps(run, await tasks.callsNamed(run, name, -1, MAX_CALLS_PER_NAME));
  if (steps.length === 0) {
    const first = await tasks.steps(run, await tasks.calls(run, -1, MAX_LISTED_STEPS + 1));
    throw unknownStepError(
      run,
      name,
      first.map((step) => step.name),
    );
  }
  return steps;
}
