/**
 * Finds runs and steps of an API by what a user types: an id, the start of one, `latest`, a step's
 * or a component's name.
 *
 * @module
 */
import { type Client, listAll } from '../../client/client.ts';
import { NotFoundError } from '../../launch/errors.ts';
import { type Connection, connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { RunSummary } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { TargetOptions } from '../option-types.ts';
import { MAX_LISTED_STEPS, unknownStepError } from '../unknown-step.ts';

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

/** The run that `text` names: an id, the start of one, or `latest`. @throws NotFoundError */
export async function selectRemoteRun(client: Client, text: string): Promise<RunSummary> {
  if (text === 'latest') {
    const { items } = await client.runs({ limit: 1 });
    if (items[0] === undefined) throw new NotFoundError('there are no runs yet');
    return items[0];
  }
  const prefix = text.toLowerCase();
  const { items } = /^[0-9a-z]{1,26}$/.test(prefix)
    ? await client.runs({ id: prefix })
    : { items: [] };
  if (items[0] === undefined)
    throw new NotFoundError(
      `there is no run ${JSON.stringify(text)}: \`headrace runs list\` shows all runs`,
    );
  if (items.length > 1)
    throw new NotFoundError(
      `several runs start with ${JSON.stringify(text)}: write more of the id`,
    );
  return items[0];
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
