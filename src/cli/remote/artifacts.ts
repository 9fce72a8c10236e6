/** `headrace artifacts …` on artifacts of an API. */
import { Readable } from 'node:stream';
import { allItems, type Client, listAll } from '../../client/client.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import {
  MAX_API_PAGE_ITEMS,
  RemoteSource,
  withAllOutputs,
} from '../../launch/remote/remote-source.ts';
import type { Output } from '../../view/output.ts';
import type { StepDocument } from '../../wire/steps.ts';
import {
  type ArtifactListEntry,
  type ArtifactName,
  listEntries,
  missingArtifactError,
  onlyStep,
  outputValue,
  printArtifacts,
} from '../artifact-output.ts';
import type { GetArtifactOptions, JsonOption, TargetOptions } from '../option-types.ts';
import { connectToRun, selectRemoteSteps } from './select.ts';

export async function list(
  text: string,
  step: string | undefined,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const { client } = connection;
  const found: ArtifactListEntry[] = [];
  if (step !== undefined)
    for (const each of await selectRemoteSteps(client, run.id, step))
      found.push(...(await stepEntries(client, run.id, each)));
  else {
    const { artifacts, models } = await runOutputs(client, run.id);
    found.push(...listEntries(null, artifacts, models));
    for await (const each of allItems((cursor) =>
      client.steps(run.id, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    ))
      found.push(...(await stepEntries(client, run.id, each)));
  }
  return await printArtifacts(found, options.json, output);
}

export async function get(
  text: string,
  selected: ArtifactName,
  options: GetArtifactOptions,
  output: Output,
): Promise<ExitCode> {
  const { step: stepName, name } = selected;
  const { connection, run } = await connectToRun(text, options);
  const { client } = connection;
  const step =
    stepName === undefined
      ? undefined
      : onlyStep(stepName, await selectRemoteSteps(client, run.id, stepName));
  const query = { name, limit: 1 };
  const [artifacts, models] = await (step === undefined
    ? Promise.all([client.runArtifacts(run.id, query), client.runModels(run.id, query)])
    : Promise.all([
        client.stepArtifacts(run.id, step.call, query),
        client.stepModels(run.id, step.call, query),
      ]));
  const found = artifacts.items[0] ?? models.items[0];
  if (found === undefined) {
    const owner =
      step === undefined
        ? await runOutputs(client, run.id)
        : await withAllOutputs(client, run.id, step);
    const existing = [...owner.artifacts, ...owner.models].map((each) => each.name);
    throw missingArtifactError(run.id, selected, existing);
  }
  const source = new RemoteSource(client, { metrics: false });
  const objects = {
    get: source.objects.get,
    stream: async (key: string) => Readable.from((await source.openObject(key)).body ?? []),
  };
  return await outputValue(source.toValue(found.content), name, options.output, objects, output);
}

async function stepEntries(client: Client, run: string, step: StepDocument) {
  const { artifacts, models } = await withAllOutputs(client, run, step);
  return listEntries(step.name, artifacts, models);
}

/** The artifacts and models of the run itself. */
const runOutputs = async (client: Client, run: string) => ({
  artifacts: await listAll((cursor) =>
    client.runArtifacts(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
  ),
  models: await listAll((cursor) =>
    client.runModels(run, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
  ),
});
