/** `headrace artifacts …` on artifacts behind an API. */
import { Readable } from 'node:stream';
import { allOf } from '../../client/client.ts';
import type { RunDocument } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import {
  deliver,
  type Entry,
  type GetOptions,
  missing,
  printEntries,
} from '../commands/artifacts.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandLineError, NotFoundError } from '../failure.ts';
import type { Output } from '../output.ts';
import type { PlaceOptions } from '../place.ts';
import type { JsonOption } from '../program.ts';
import { connect } from './connection.ts';
import { selectRun, selectSteps } from './select.ts';
import { PAGE, remoteSource } from './source.ts';

type Owner = Pick<RunDocument | StepDocument, 'artifacts' | 'models'>;

export async function list(
  text: string,
  step: string | undefined,
  options: PlaceOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRun(client, text);
  const found: Entry[] = [];
  if (step !== undefined)
    for (const each of await selectSteps(client, id, step))
      found.push(...entriesOf(each.name, each));
  else {
    found.push(...entriesOf(null, await client.run(id)));
    for await (const each of allOf((cursor) => client.steps(id, { limit: PAGE, ...cursor })))
      found.push(...entriesOf(each.name, each));
  }
  await printEntries(found, options.json, output);
  return EXIT.completed;
}

const entriesOf = (step: string | null, { artifacts, models }: Owner): Entry[] => [
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
  const { id } = await selectRun(client, text);
  const [only, ...others] = step === undefined ? [] : await selectSteps(client, id, step);
  if (others.length > 0)
    throw new CommandLineError(
      `component ${JSON.stringify(step)} was called several times: name the step, as in ${others[0]?.name}`,
    );
  const query = { name, limit: 1 };
  const [artifacts, models] = await (only === undefined
    ? Promise.all([client.runArtifacts(id, query), client.runModels(id, query)])
    : Promise.all([
        client.stepArtifacts(id, only.call, query),
        client.stepModels(id, only.call, query),
      ]));
  const found = artifacts.items[0] ?? models.items[0];
  if (found === undefined)
    throw new NotFoundError(missing(id, step, name, only ?? (await client.run(id))));
  const source = remoteSource(client, { metrics: false });
  const objects = {
    get: source.objects.get,
    stream: async (key: string) => await streamed(await source.open(key)),
  };
  await deliver(source.asValue(found.content), name, options.output, objects, output);
  return EXIT.completed;
}

/** The body as Node reads it. */
async function streamed(response: Response): Promise<Readable> {
  return Readable.from(response.body ?? []);
}
