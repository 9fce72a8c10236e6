/** `headrace artifacts …` on artifacts behind an API. */
import { Readable } from 'node:stream';
import { allItems } from '../../client/client.ts';
import type { RunDocument } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import {
  type ArtifactListEntry,
  type GetOptions,
  missingMessage,
  outputValue,
  printArtifacts,
} from '../commands/artifacts.ts';
import { CommandLineError, NotFoundError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import type { TargetOptions } from '../target.ts';
import { connect } from './connection.ts';
import { createRemoteSource, MAX_API_PAGE_ITEMS } from './remote-source.ts';
import { selectRemoteRun, selectRemoteSteps } from './select.ts';

type Owner = Pick<RunDocument | StepDocument, 'artifacts' | 'models'>;

export async function list(
  text: string,
  step: string | undefined,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRemoteRun(client, text);
  const found: ArtifactListEntry[] = [];
  if (step !== undefined)
    for (const each of await selectRemoteSteps(client, id, step))
      found.push(...entriesOf(each.name, each));
  else {
    found.push(...entriesOf(null, await client.run(id)));
    for await (const each of allItems((cursor) =>
      client.steps(id, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
    ))
      found.push(...entriesOf(each.name, each));
  }
  await printArtifacts(found, options.json, output);
  return EXIT.completed;
}

const entriesOf = (step: string | null, { artifacts, models }: Owner): ArtifactListEntry[] => [
  ...artifacts.map(({ name, type, size, hash, preview }) => ({
    step,
    kind: 'artifact' as const,
    name,
    type,
    size,
    hash,
    preview,
  })),
  ...models.map(({ name, type, size, hash }) => ({
    step,
    kind: 'model' as const,
    name,
    type,
    size,
    hash,
    preview: '',
  })),
];

export async function get(
  text: string,
  step: string | undefined,
  name: string,
  options: GetOptions,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRemoteRun(client, text);
  const [selectedStep, ...others] =
    step === undefined ? [] : await selectRemoteSteps(client, id, step);
  if (others.length > 0)
    throw new CommandLineError(
      `component ${JSON.stringify(step)} was called several times: name the step, as in ${others[0]?.name}`,
    );
  const query = { name, limit: 1 };
  const [artifacts, models] = await (selectedStep === undefined
    ? Promise.all([client.runArtifacts(id, query), client.runModels(id, query)])
    : Promise.all([
        client.stepArtifacts(id, selectedStep.call, query),
        client.stepModels(id, selectedStep.call, query),
      ]));
  const found = artifacts.items[0] ?? models.items[0];
  if (found === undefined)
    throw new NotFoundError(missingMessage(id, step, name, selectedStep ?? (await client.run(id))));
  const source = createRemoteSource(client, { metrics: false });
  const objects = {
    get: source.objects.get,
    stream: async (key: string) => await toStream(await source.openObject(key)),
  };
  await outputValue(source.toValue(found.content), name, options.output, objects, output);
  return EXIT.completed;
}

/** The body as Node reads it. */
async function toStream(response: Response): Promise<Readable> {
  return Readable.from(response.body ?? []);
}
