/** `headrace runs …` on runs of an API. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../client/client.ts';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { type Connection, connect } from '../../launch/remote/connection.ts';
import {
  inputPathsOf,
  inputPathsOfVersion,
  type RunInputPaths,
  uploadInputsOf,
} from '../../launch/remote/inputs/run-inputs.ts';
import { registerPipeline } from '../../launch/remote/register-pipeline.ts';
import { MAX_API_PAGE_ITEMS, toRunListItem } from '../../launch/remote/remote-source.ts';
import { inputArguments } from '../../model/input-arguments.ts';
import { toIsoTimeOrNull } from '../../model/iso-time.ts';
import type { JsonObject } from '../../model/json.ts';
import { isTerminalRun } from '../../model/run.ts';
import { parseArguments } from '../../submit/arguments.ts';
import { remoteNotes } from '../../submit/notes.ts';
import type { Output } from '../../view/output.ts';
import type { RunListItem } from '../../view/view-models.ts';
import type { RunDocument, RunSummary } from '../../wire/runs.ts';
import { viewOptions } from '../command-view.ts';
import { compileForRerun } from '../compile-file.ts';
import { requireNoContainers } from '../containers.ts';
import type {
  AbortCommandOptions,
  FollowOption,
  JsonOption,
  ListCommandOptions,
  RerunCommandOptions,
  ResumeCommandOptions,
  WatchCommandOptions,
} from '../option-types.ts';
import { newestFirst, printRuns } from '../run-table.ts';
import { requireTags } from '../tags.ts';
import { followRemoteRun } from './follow-run.ts';
import { connectToRun, selectRemoteRun } from './select.ts';

export async function list(options: ListCommandOptions, output: Output): Promise<ExitCode> {
  const { client } = connect(options, process.cwd());
  const { project, pipeline, status, tag, by, search, limit } = options;
  const parent =
    options.parent === undefined ? undefined : (await selectRemoteRun(client, options.parent)).id;
  const runs: RunListItem[] = [];
  for (let cursor: string | null | undefined; cursor !== null && runs.length < limit; ) {
    const page = await client.runs({
      project,
      pipeline,
      status,
      tag,
      by,
      from: toIsoTimeOrNull(options.from ?? null) ?? undefined,
      to: toIsoTimeOrNull(options.to ?? null) ?? undefined,
      q: search,
      archived: options.archived === true ? 'only' : 'exclude',
      parent,
      limit: Math.min(MAX_API_PAGE_ITEMS, limit - runs.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    runs.push(...page.items.map(toRunListItem));
    cursor = page.next;
  }
  const shown = parent === undefined ? runs : newestFirst(runs);
  return await printRuns(shown, [], options.json, output);
}

export async function watch(
  text: string,
  options: WatchCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  return await followRemoteRun(
    connection,
    async () => ({ id: run.id }),
    viewOptions(options),
    output,
  );
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
  requireNoContainers(options, 'remote');
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
  return await followRemoteRun(connection, start, viewOptions(options), output);
}

/** Evaluates, in this process, the logic of a run whose own process has ended. */
export async function attach(
  text: string,
  options: WatchCommandOptions,
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
    viewOptions(options),
    output,
  );
}

export async function rerun(
  text: string,
  options: RerunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  requireNoContainers(options, 'remote');
  const { file, from, arg, tag, cache } = options;
  requireTags('--tag', tag);
  const { connection, run } = await connectToRun(text, options, file);
  const changes = { file, from, texts: arg, tags: tag, ...(cache ? {} : { noCache: true }) };
  return await rerunWith(connection, run, changes, options, output);
}

interface RerunRequest {
  readonly file: string | undefined;
  readonly from?: string | undefined;
  readonly keepCompleted?: boolean;
  /** Arguments of `--arg`. */
  readonly texts?: readonly string[];
  readonly tags?: readonly string[];
  readonly noCache?: boolean;
}

async function rerunWith(
  connection: Connection,
  run: RunSummary,
  { file, from, keepCompleted, texts = [], tags = [], noCache }: RerunRequest,
  options: JsonOption & FollowOption,
  output: Output,
): Promise<ExitCode> {
  const { client } = connection;
  const source = await client.run(run.id);
  const compiled =
    file === undefined
      ? undefined
      : await compileForRerun(
          file,
          source.pipeline,
          { args: source.args, encoded: source.encodedArgs },
          texts,
        );
  for (const note of compiled === undefined ? [] : remoteNotes(compiled.compiled))
    output.note(note);
  const changed =
    texts.length === 0 || compiled !== undefined
      ? undefined
      : await readArguments(client, source, texts);
  const args = texts.length === 0 ? undefined : (compiled?.args ?? changed?.args);
  const version =
    compiled === undefined ? undefined : await registerPipeline(connection, compiled.compiled);
  const start = async () => {
    const paths =
      compiled === undefined ? changed?.inputs : inputPathsOf(compiled.compiled, compiled.args);
    const inputs = paths && (await uploadInputsOf(connection, paths, output.note));
    return await client.rerun(run.id, {
      ...(from === undefined ? {} : { from }),
      ...(keepCompleted === undefined ? {} : { keepCompleted }),
      ...(version === undefined ? {} : { version: version.version }),
      ...(args === undefined ? {} : { args }),
      ...(noCache === undefined ? {} : { noCache }),
      ...(inputs === undefined ? {} : { inputs }),
      tags: [...tags],
    });
  };
  return await followRemoteRun(connection, start, viewOptions(options), output);
}

interface ChangedArguments {
  readonly args: JsonObject;
  /** Undefined if the run keeps the files of the earlier one. */
  readonly inputs: RunInputPaths | undefined;
}

/**
 * The arguments of the run, some of them replaced. The API has the signature of its version. If they
 * name other input files, these are to be uploaded.
 */
async function readArguments(
  client: Client,
  { project, pipeline, version: name, args: before, encodedArgs }: RunDocument,
  texts: readonly string[],
): Promise<ChangedArguments> {
  const version = await client.version(name, { project, pipeline });
  const { signature, declaration } = version;
  if (signature === null || declaration === null)
    throw new CommandLineError(
      `the parameters of version ${name} are not stored: give the source with --file`,
    );
  const args = parseArguments(texts, signature, declaration.argsMap, before, encodedArgs);
  const kept = new Set(inputArguments(signature, before));
  return {
    args,
    inputs: inputArguments(signature, args).every((address) => kept.has(address))
      ? undefined
      : inputPathsOfVersion({ ...version, signature, declaration }, args),
  };
}
