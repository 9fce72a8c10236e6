/**
 * Finds runs and steps of a home by what a user types: a run as in `run-reference.ts`, a step's or
 * a component's name.
 *
 * @module
 */

import type { NotFoundError } from '../launch/errors.ts';
import { findHome } from '../launch/home.ts';
import type { HomeRecords } from '../launch/load-engine.ts';
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { PipelineName, Registry } from '../ports/registry.ts';
import type { RunQueries, Tasks } from '../ports/tasks.ts';
import type { TargetOptions } from './option-types.ts';
import { openRecords } from './records.ts';
import { findRun, type NamedRun, type RunDirectory } from './run-reference.ts';
import { MAX_LISTED_STEPS, unknownStepError } from './unknown-step.ts';

interface RunLookup {
  readonly tasks: Pick<Tasks, 'run' | 'calls' | 'callsNamed' | 'steps'>;
  readonly queries: Pick<RunQueries, 'runs' | 'runNumbered' | 'runsWithPrefix'>;
  readonly registry: Pick<Registry, 'pipelines'>;
}

/** A run may have started hundreds of child runs after it. */
const LATEST_PAGE_RUNS = 100;

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

/** The run that `text` names: see `findRun`. @throws NotFoundError */
export async function selectRun(store: RunLookup, text: string): Promise<Run> {
  return (await findRun(new LocalRuns(store), text)).run;
}

type LocalRun = NamedRun & { readonly run: Run };

class LocalRuns implements RunDirectory<LocalRun> {
  readonly #store: RunLookup;

  constructor(store: RunLookup) {
    this.#store = store;
  }

  async latest(pipeline?: PipelineName): Promise<LocalRun | undefined> {
    const filter = pipeline && { project: pipeline.project, pipeline: pipeline.name };
    for (let before: string | undefined; ; ) {
      const page = await this.#store.queries.runs({ ...filter, before, limit: LATEST_PAGE_RUNS });
      // The filter accepts projects below the one of the pipeline, too.
      const found = page.find(({ info }) =>
        pipeline === undefined ? info.parent === undefined : info.project === pipeline.project,
      );
      if (found !== undefined) return named(found);
      before = page.at(-1)?.info.id;
      if (page.length < LATEST_PAGE_RUNS) return undefined;
    }
  }

  async numbered(pipeline: PipelineName, number: number): Promise<LocalRun | undefined> {
    const run = await this.#store.queries.runNumbered(pipeline, number);
    return run && named(run);
  }

  async withPrefix(prefix: string): Promise<readonly LocalRun[]> {
    const ids = await this.#store.queries.runsWithPrefix(prefix);
    const runs = await Promise.all(ids.map((id) => this.#store.tasks.run(id)));
    return runs.flatMap((run) => (run === undefined ? [] : named(run)));
  }

  async pipelines(): Promise<readonly PipelineName[]> {
    return await this.#store.registry.pipelines({ limit: Number.MAX_SAFE_INTEGER });
  }
}

const named = (run: Run): LocalRun => {
  const { id, project, pipeline, number } = run.info;
  return { id, project, pipeline, number, run };
};

/**
 * The steps that `name` names: the step of that name, else all calls of the component of that name.
 * @throws NotFoundError
 */
export async function selectSteps(
  lookup: RunLookup,
  run: RunId,
  name: string,
): Promise<readonly Step[]> {
  const steps = await findSteps(lookup, run, name);
  if (steps.length === 0) throw await unknownStep(lookup.tasks, run, name);
  return steps;
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
  const steps = await findCalls(tasks, run, name);
  if (steps.length === 0) throw await unknownStep(tasks, run, name);
  return steps;
}

/** As `selectSteps`; none if there are none. */
export async function findSteps(
  { tasks }: Pick<RunLookup, 'tasks'>,
  run: RunId,
  name: string,
): Promise<readonly Step[]> {
  const steps = await findCalls(tasks, run, name);
  const exactMatches = steps.filter((step) => step.name === name);
  return exactMatches.length > 0 ? exactMatches : steps;
}

const findCalls = async (
  tasks: RunLookup['tasks'],
  run: RunId,
  name: string,
): Promise<readonly Step[]> =>
  await tasks.steps(run, await tasks.callsNamed(run, name, -1, MAX_CALLS_PER_NAME));

/** The error for a name that no step has: it lists the steps. */
export async function unknownStep(
  tasks: RunLookup['tasks'],
  run: RunId,
  name: string,
): Promise<NotFoundError> {
  const first = await tasks.steps(run, await tasks.calls(run, -1, MAX_LISTED_STEPS + 1));
  return unknownStepError(
    run,
    name,
    first.map((step) => step.name),
  );
}
