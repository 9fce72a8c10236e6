/**
 * Finds runs and steps of an API by what a user types: a run as in `run-reference.ts`, a step's or
 * a component's name.
 *
 * @module
 */
import { allItems, type Client, listAll } from '../../client/client.ts';
import type { NotFoundError } from '../../launch/errors.ts';
import { type Connection, connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { PipelineName } from '../../ports/registry.ts';
import type { RunSummary } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { TargetOptions } from '../option-types.ts';
import { findRun, type RunDirectory } from '../run-reference.ts';
import { MAX_LISTED_STEPS, unknownStepError } from '../unknown-step.ts';
import { RemoteCatalog } from './catalog.ts';

const LATEST_PAGE_RUNS = 10;

/**
 * Connects to the API that the options choose, and finds the run that `text` names.
 *
 * @param from the folder from which the home is searched
 * @throws CommandLineError, NotFoundError
 */
export async function connectToRun(
  text: string,
  options: TargetOptions,
  from: string = process.cwd(),
): Promise<{ readonly connection: Connection; readonly run: RunSummary }> {
  const connection = connect(options, from);
  return { connection, run: await selectRemoteRun(connection.client, text) };
}

/** The run that `text` names: see `findRun`. @throws NotFoundError */
export async function selectRemoteRun(client: Client, text: string): Promise<RunSummary> {
  return await findRun(new RemoteRuns(client), text);
}

class RemoteRuns implements RunDirectory<RunSummary> {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async latest(pipeline?: PipelineName): Promise<RunSummary | undefined> {
    const filter = pipeline && { project: pipeline.project, pipeline: pipeline.name };
    // The filter accepts projects below the one of the pipeline, too.
    for await (const run of allItems((cursor) =>
      this.#client.runs({ ...filter, archived: 'include', limit: LATEST_PAGE_RUNS, ...cursor }),
    ))
      if (pipeline === undefined ? run.parent === null : run.project === pipeline.project)
        return run;
    return undefined;
  }

  async numbered({ project, name }: PipelineName, number: number): Promise<RunSummary | undefined> {
    return (await this.#client.runs({ project, pipeline: name, number })).items[0];
  }

  async withPrefix(prefix: string): Promise<readonly RunSummary[]> {
    return (await this.#client.runs({ id: prefix })).items;
  }

  async pipelines(): Promise<readonly PipelineName[]> {
    return await new RemoteCatalog(this.#client).pipelines();
  }
}

/** The step of that name, else all calls of the component of that name; none if there are none. */
export async function findRemoteSteps(
  client: Client,
  run: string,
  name: string,
): Promise<readonly StepDocument[]> {
  const steps = await findRemoteCalls(client, run, name);
  const exactMatches = steps.filter((step) => step.name === name);
  return exactMatches.length > 0 ? exactMatches : steps;
}

/** The step of that name and all calls of the component of that name. */
const findRemoteCalls = (
  client: Client,
  run: string,
  name: string,
): Promise<readonly StepDocument[]> =>
  listAll((cursor) => client.steps(run, { name, limit: MAX_API_PAGE_ITEMS, ...cursor }));

/** @throws NotFoundError if there are none */
export async function selectRemoteCalls(
  client: Client,
  run: string,
  name: string,
): Promise<readonly StepDocument[]> {
  const steps = await findRemoteCalls(client, run, name);
  if (steps.length === 0) throw await unknownRemoteStep(client, run, name);
  return steps;
}

/** @throws NotFoundError if there are none */
export async function selectRemoteSteps(
  client: Client,
  run: string,
  name: string,
): Promise<readonly StepDocument[]> {
  const steps = await findRemoteSteps(client, run, name);
  if (steps.length === 0) throw await unknownRemoteStep(client, run, name);
  return steps;
}

/** The error for a name that no step has: it lists the steps. */
export async function unknownRemoteStep(
  client: Client,
  run: string,
  name: string,
): Promise<NotFoundError> {
  const { items } = await client.steps(run, { limit: MAX_LISTED_STEPS + 1 });
  return unknownStepError(
    run,
    name,
    items.map((step) => step.name),
  );
}
