/** `headrace runs …` on runs of an API. */
import { setTimeout as delay } from 'node:timers/promises';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { type Connection, connect } from '../../launch/remote/connection.ts';
import { registerPipeline } from '../../launch/remote/register-pipeline.ts';
import { MAX_API_PAGE_ITEMS, toRunListItem } from '../../launch/remote/remote-source.ts';
import { isTerminalRun } from '../../model/run.ts';
import type { Output } from '../../view/output.ts';
import type { RunListItem } from '../../view/view-models.ts';
import type { RunSummary } from '../../wire/runs.ts';
import { compileForRerun } from '../compile-file.ts';
import type {
  AbortCommandOptions,
  JsonOption,
  ListCommandOptions,
  RerunCommandOptions,
  ResumeCommandOptions,
  TargetOptions,
} from '../option-types.ts';
import { printRuns } from '../run-table.ts';
import { followRemoteRun } from './follow-run.ts';
import { connectToRun } from './select.ts';

export async function list(options: ListCommandOptions, output: Output): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { project, pipeline, status, limit } = options;
  const runs: RunListItem[] = [];
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
  return await printRuns(runs, [], options.json, output);
}

export async function watch(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const json = options.json === true;
  return await followRemoteRun(connection, async () => ({ id: run.id }), { json }, output);
}

/** As long as the command waits for a run on this machine. */
const ABORT_TIMEOUT_MS = 60_000;
const ABORT_POLL_MS = 500;

export async function abort(
  text: string,
  options: AbortCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const { client } = connection;
  const { id, status } = run;
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
  await output.write(`the abort of run ${id} is requested, but it has not stopped yet\n`);
  return EXIT.completed;
}

export async function resume(
  text: string,
  options: ResumeCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file } = options;
  const { connection, run } = await connectToRun(text, options, file);
  if (file !== undefined) {
    if (run.status !== 'failed' && run.status !== 'aborted')
      throw new CommandLineError(
        `run ${run.id} is ${run.status}: --file continues a run that failed or was aborted`,
      );
    return await rerunWith(connection, run, { file, keepCompleted: true }, options, output);
  }
  const start = async () => {
    const before = await connection.client.resume(run.id);
    return {
      id: run.id,
      evaluatesLocally: before.evaluator === 'caller',
      ...(isTerminalRun(before.status) ? { afterRevision: before.revision } : {}),
    };
  };
  return await followRemoteRun(connection, start, { json: options.json === true }, output);
}

/** Evaluates, in this process, the logic of a run whose own process has ended. */
export async function attach(
  text: string,
  options: TargetOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const { id } = run;
  const { evaluator, status } = await connection.client.run(id);
  if (evaluator !== 'caller')
    throw new CommandLineError(
      `the logic of run ${id} is not evaluated by a process of yours: watch it with \`headrace runs watch ${id}\``,
    );
  return await followRemoteRun(
    connection,
    async () => ({ id, evaluatesLocally: !isTerminalRun(status) }),
    { json: options.json === true },
    output,
  );
}

export async function rerun(
  text: string,
  options: RerunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file, from } = options;
  const { connection, run } = await connectToRun(text, options, file);
  return await rerunWith(connection, run, { file, from }, options, output);
}

async function rerunWith(
  connection: Connection,
  run: RunSummary,
  {
    file,
    from,
    keepCompleted,
  }: {
    readonly file: string | undefined;
    readonly from?: string | undefined;
    readonly keepCompleted?: boolean;
  },
  options: JsonOption,
  output: Output,
): Promise<ExitCode> {
  const { pipeline, args } = await connection.client.run(run.id);
  const version =
    file === undefined
      ? undefined
      : await registerPipeline(connection, await compileForRerun(file, pipeline, args));
  const start = async () =>
    await connection.client.rerun(run.id, {
      ...(from === undefined ? {} : { from }),
      ...(keepCompleted === undefined ? {} : { keepCompleted }),
      ...(version === undefined ? {} : { version: version.version }),
    });
  return await followRemoteRun(connection, start, { json: options.json === true }, output);
}
