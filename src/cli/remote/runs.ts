/** `headrace runs …` on runs behind an API. */
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalRun } from '../../model/run.ts';
import { completeArguments } from '../../submit/arguments.ts';
import { compile } from '../../submit/compile.ts';
import { printRuns } from '../commands/list.ts';
import { print } from '../commands/show.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandLineError, refusable } from '../failure.ts';
import type { Output } from '../output.ts';
import type { PlaceOptions } from '../place.ts';
import type { JsonOption } from '../program.ts';
import { connect } from './connection.ts';
import { followRemote } from './follow.ts';
import { selectRun } from './select.ts';
import { listedRun, PAGE, remoteSource } from './source.ts';
import { register } from './submit.ts';

interface ListOptions extends PlaceOptions, JsonOption {
  readonly project?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly limit: number;
}

export async function list(
  { limit, json, ...options }: ListOptions,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { project, pipeline, status } = options;
  const runs: ReturnType<typeof listedRun>[] = [];
  for (let cursor: string | null | undefined; cursor !== null && runs.length < limit; ) {
    const page = await client.runs({
      project,
      pipeline,
      status,
      limit: Math.min(PAGE, limit - runs.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    runs.push(...page.items.map(listedRun));
    cursor = page.next;
  }
  await printRuns(runs, [], json, output);
  return EXIT.completed;
}

export async function show(
  text: string,
  options: PlaceOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRun(client, text);
  const source = remoteSource(client, { metrics: options.json === true });
  await print(source, await source.run(id), options.json, output);
  return EXIT.completed;
}

export async function watch(
  text: string,
  options: PlaceOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRun(connection.client, text);
  return await followRemote(
    connection,
    async () => ({ id }),
    { json: options.json === true },
    output,
  );
}

/** As long as a run on this machine is waited for. */
const PATIENCE_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 500;

export async function abort(
  text: string,
  options: PlaceOptions & { readonly reason: string },
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id, status } = await selectRun(client, text);
  if (status === 'aborted') {
    await output.write(`run ${id} is aborted already\n`);
    return EXIT.completed;
  }
  if (isTerminalRun(status))
    throw new CommandLineError(`run ${id} is ${status} already: there is nothing to abort`);
  await client.abort(id, options.reason);
  for (let waited = 0; waited < PATIENCE_MILLISECONDS; waited += LOOK_MILLISECONDS) {
    const now = await client.run(id);
    if (isTerminalRun(now.status)) {
      await output.write(`run ${id} is ${now.status}\n`);
      return now.status === 'completed' ? EXIT.failed : EXIT.completed;
    }
    await delay(LOOK_MILLISECONDS);
  }
  await output.write(`run ${id} is told to abort, but has not ended yet\n`);
  return EXIT.completed;
}

export async function resume(
  text: string,
  options: PlaceOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRun(connection.client, text);
  const begin = async () => {
    const before = await connection.client.resume(id);
    return {
      id,
      evaluate: before.evaluator === 'caller',
      ...(isTerminalRun(before.status) ? { beyond: before.revision } : {}),
    };
  };
  return await followRemote(connection, begin, { json: options.json === true }, output);
}

/** Takes up the logic of a run that was left by the process that evaluated it. */
export async function attach(
  text: string,
  options: PlaceOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRun(connection.client, text);
  const { evaluator, status } = await connection.client.run(id);
  if (evaluator !== 'caller')
    throw new CommandLineError(
      `the logic of run ${id} is not evaluated by a process of yours: watch it with headrace runs watch ${id}`,
    );
  return await followRemote(
    connection,
    async () => ({ id, evaluate: !isTerminalRun(status) }),
    { json: options.json === true },
    output,
  );
}

interface RerunOptions extends PlaceOptions, JsonOption {
  readonly from?: string;
  readonly file?: string;
}

export async function rerun(
  text: string,
  options: RerunOptions,
  output: Output,
): Promise<ExitCode> {
  const { file, from } = options;
  const connection = connect(options, file ?? process.cwd());
  const run = await connection.client.run((await selectRun(connection.client, text)).id);
  const version =
    file === undefined
      ? undefined
      : await versionOf(file, run.pipeline, run.args, () => connect(options, file));
  const begin = async () =>
    await connection.client.rerun(run.id, {
      ...(from === undefined ? {} : { from }),
      ...(version === undefined ? {} : { version }),
    });
  return await followRemote(connection, begin, { json: options.json === true }, output);
}

/** The pipeline of the run's name in the file as it is now, registered. */
async function versionOf(
  file: string,
  pipeline: string,
  args: Parameters<typeof completeArguments>[0],
  connection: () => ReturnType<typeof connect>,
): Promise<string> {
  const compiled = await refusable(
    compile({ file, pipeline }).catch((error: unknown) =>
      compile({ file }).catch(() => Promise.reject(error)),
    ),
  );
  completeArguments(args, compiled.code.signature);
  return (await register(connection(), compiled)).version;
}

export async function tag(
  text: string,
  options: PlaceOptions & { readonly add: readonly string[]; readonly remove: readonly string[] },
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRun(client, text);
  await client.changeTags(id, { add: [...options.add], remove: [...options.remove] });
  await output.write(`the tags of run ${id} are changed\n`);
  return EXIT.completed;
}

export async function remove(
  text: string,
  options: PlaceOptions,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRun(client, text);
  await client.removeRun(id);
  await output.write(`run ${id} is removed\n`);
  return EXIT.completed;
}
