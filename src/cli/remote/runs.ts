/** `headrace runs …` on runs behind an API. */
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalRun } from '../../model/run.ts';
import { completeArguments } from '../../submit/arguments.ts';
import { compile } from '../../submit/compile.ts';
import { printRuns } from '../commands/list.ts';
import { printRun } from '../commands/show.ts';
import { CommandLineError, withUsageErrors } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import type { TargetOptions } from '../target.ts';
import { connect } from './connection.ts';
import { followRemoteRun } from './follow-run.ts';
import { registerPipeline } from './register-pipeline.ts';
import { createRemoteSource, MAX_API_PAGE_ITEMS, toRunListItem } from './remote-source.ts';
import { selectRemoteRun } from './select.ts';

interface ListOptions extends TargetOptions, JsonOption {
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
  const runs: ReturnType<typeof toRunListItem>[] = [];
  for (let cursor: string | null | undefined; cursor !== null && runs.length < limit; ) {
    const page = await client.runs({
      project,
      pipeline,
      status,
      limit: Math.min(MAX_API_PAGE_ITEMS, limit - runs.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    runs.push(...page.items.map(toRunListItem));
    cursor = page.next;
  }
  await printRuns(runs, [], json, output);
  return EXIT.completed;
}

export async function show(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRemoteRun(client, text);
  const source = createRemoteSource(client, { metrics: options.json === true });
  await printRun(source, await source.run(id), options.json, output);
  return EXIT.completed;
}

export async function watch(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRemoteRun(connection.client, text);
  return await followRemoteRun(
    connection,
    async () => ({ id }),
    { json: options.json === true },
    output,
  );
}

/** As long as a run on this machine is waited for. */
const ABORT_TIMEOUT_MS = 60_000;
const ABORT_POLL_MS = 500;

export async function abort(
  text: string,
  options: TargetOptions & { readonly reason: string },
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id, status } = await selectRemoteRun(client, text);
  if (status === 'aborted') {
    await output.write(`run ${id} is aborted already\n`);
    return EXIT.completed;
  }
  if (isTerminalRun(status))
    throw new CommandLineError(`run ${id} is ${status} already: there is nothing to abort`);
  await client.abort(id, options.reason);
  for (let waitedMs = 0; waitedMs < ABORT_TIMEOUT_MS; waitedMs += ABORT_POLL_MS) {
    const current = await client.run(id);
    if (isTerminalRun(current.status)) {
      await output.write(`run ${id} is ${current.status}\n`);
      return current.status === 'completed' ? EXIT.failed : EXIT.completed;
    }
    await delay(ABORT_POLL_MS);
  }
  await output.write(`run ${id} is told to abort, but has not ended yet\n`);
  return EXIT.completed;
}

export async function resume(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRemoteRun(connection.client, text);
  const start = async () => {
    const before = await connection.client.resume(id);
    return {
      id,
      evaluatesLocally: before.evaluator === 'caller',
      ...(isTerminalRun(before.status) ? { afterRevision: before.revision } : {}),
    };
  };
  return await followRemoteRun(connection, start, { json: options.json === true }, output);
}

/** Takes up the logic of a run that was left by the process that evaluated it. */
export async function attach(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, process.cwd());
  const { id } = await selectRemoteRun(connection.client, text);
  const { evaluator, status } = await connection.client.run(id);
  if (evaluator !== 'caller')
    throw new CommandLineError(
      `the logic of run ${id} is not evaluated by a process of yours: watch it with headrace runs watch ${id}`,
    );
  return await followRemoteRun(
    connection,
    async () => ({ id, evaluatesLocally: !isTerminalRun(status) }),
    { json: options.json === true },
    output,
  );
}

interface RerunOptions extends TargetOptions, JsonOption {
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
  const run = await connection.client.run((await selectRemoteRun(connection.client, text)).id);
  const version =
    file === undefined
      ? undefined
      : await registerCurrentSource(file, run.pipeline, run.args, () => connect(options, file));
  const start = async () =>
    await connection.client.rerun(run.id, {
      ...(from === undefined ? {} : { from }),
      ...(version === undefined ? {} : { version }),
    });
  return await followRemoteRun(connection, start, { json: options.json === true }, output);
}

/** The pipeline of the run's name in the file as it is now, registered. */
async function registerCurrentSource(
  file: string,
  pipeline: string,
  args: Parameters<typeof completeArguments>[0],
  connection: () => ReturnType<typeof connect>,
): Promise<string> {
  const compiled = await withUsageErrors(
    compile({ file, pipeline }).catch((error: unknown) =>
      compile({ file }).catch(() => Promise.reject(error)),
    ),
  );
  completeArguments(args, compiled.code.signature);
  return (await registerPipeline(connection(), compiled)).version;
}

export async function tag(
  text: string,
  options: TargetOptions & { readonly add: readonly string[]; readonly remove: readonly string[] },
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRemoteRun(client, text);
  await client.changeTags(id, { add: [...options.add], remove: [...options.remove] });
  await output.write(`the tags of run ${id} are changed\n`);
  return EXIT.completed;
}

export async function remove(
  text: string,
  options: TargetOptions,
  output: Output,
): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { id } = await selectRemoteRun(client, text);
  await client.removeRun(id);
  await output.write(`run ${id} is removed\n`);
  return EXIT.completed;
}
