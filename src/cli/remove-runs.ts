/**
 * Removes runs: those that are named, or all that ended and match a filter. The same for runs of
 * this machine and of an API.
 *
 * @module
 */
import { createInterface } from 'node:readline/promises';
import { CommandLineError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { isTerminalRun } from '../model/run.ts';
import { formatCount, formatTime } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import { runLabel } from '../view/view.ts';
import type { RunListItem } from '../view/view-models.ts';
import { ageOf } from './age.ts';
import type { RemoveCommandOptions } from './option-types.ts';

/** The filters that runs are read with. */
export type StoredFilter = Pick<RemoveCommandOptions, 'project' | 'pipeline' | 'status' | 'tag'>;

export interface RemovableRuns {
  /** @throws NotFoundError */
  named(text: string): Promise<RunListItem>;
  /** All runs that match, newest first. */
  matching(filter: StoredFilter): AsyncIterable<RunListItem>;
  remove(run: RunListItem): Promise<void>;
}

/** The terminal on which the removal is confirmed; without one, `--yes` confirms it. */
export interface ConfirmTerminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

const PROCESS_TERMINAL: ConfirmTerminal = { input: process.stdin, output: process.stderr };

/** Runs that are listed before the prompt; of more, only the number is printed. */
const MAX_LISTED_RUNS = 20;

export async function removeRuns(
  store: RemovableRuns,
  texts: readonly string[],
  options: RemoveCommandOptions,
  output: Output,
  terminal: ConfirmTerminal = PROCESS_TERMINAL,
): Promise<ExitCode> {
  const { dryRun = false, json = false, yes = false } = options;
  const filters = filtersOf(options);
  if (texts.length > 0 && filters.length > 0)
    throw new CommandLineError(`name runs or give ${filters.join(', ')}, but not both`);
  if (texts.length === 0 && filters.length === 0)
    throw new CommandLineError(
      'no runs are named: name them, or give --status, --pipeline, --project, --tag or --older-than',
    );
  const runs =
    texts.length > 0 ? await namedRuns(store, texts) : await matchingRuns(store, options);
  const isUnconfirmed = filters.length > 0 && !dryRun && !yes && runs.length > 0;
  if (isUnconfirmed) requireTerminal(runs.length, terminal);
  if (!json && (dryRun || isUnconfirmed)) await printRunLines(runs, dryRun, output);
  if (isUnconfirmed && !(await confirm(runs.length, terminal))) {
    output.note('nothing is removed');
    return EXIT.completed;
  }
  for (const run of dryRun ? [] : runs) {
    await store.remove(run);
    if (!json) await output.write(`run ${run.info.id} is removed\n`);
  }
  if (json)
    await output.write(`${JSON.stringify({ dryRun, runs: runs.map(({ info }) => info.id) })}\n`);
  else if (filters.length > 0 || dryRun)
    await output.write(
      `${dryRun ? 'would remove' : 'removed'} ${formatCount(runs.length, 'run')}\n`,
    );
  return EXIT.completed;
}

const filtersOf = (options: RemoveCommandOptions): readonly string[] =>
  (
    [
      ['--project', options.project],
      ['--pipeline', options.pipeline],
      ['--status', options.status],
      ['--tag', options.tag],
      ['--older-than', options.olderThan],
    ] as const
  ).flatMap(([name, value]) => (value === undefined ? [] : [name]));

/** Each run once. @throws CommandLineError if one has not ended: then none is removed */
async function namedRuns(
  store: RemovableRuns,
  texts: readonly string[],
): Promise<readonly RunListItem[]> {
  const runs = new Map<string, RunListItem>();
  for (const text of texts) {
    const run = await store.named(text);
    if (!isTerminalRun(run.head.status))
      throw new CommandLineError(`run ${run.info.id} is ${run.head.status}: abort it first`);
    runs.set(run.info.id, run);
  }
  return [...runs.values()];
}

/** The runs that match and have ended. All are read before the first one is removed. */
async function matchingRuns(
  store: RemovableRuns,
  { project, pipeline, status, tag, olderThan }: RemoveCommandOptions,
): Promise<readonly RunListItem[]> {
  const before = olderThan === undefined ? undefined : Date.now() - ageOf(olderThan);
  const runs: RunListItem[] = [];
  for await (const run of store.matching({
    ...(project === undefined ? {} : { project }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(status === undefined ? {} : { status }),
    ...(tag === undefined ? {} : { tag }),
  })) {
    const { status: state, endedAt } = run.head;
    if (!isTerminalRun(state)) continue;
    if (before !== undefined && (endedAt === null || endedAt >= before)) continue;
    runs.push(run);
  }
  return runs;
}

async function printRunLines(
  runs: readonly RunListItem[],
  isWhole: boolean,
  output: Output,
): Promise<void> {
  const listed = isWhole ? runs : runs.slice(0, MAX_LISTED_RUNS);
  for (const run of listed)
    await output.write(
      `${run.info.id} ${runLabel(run)} ${run.head.status} ${formatTime(run.head.endedAt ?? run.info.createdAt)}\n`,
    );
  if (listed.length < runs.length)
    await output.write(`and ${formatCount(runs.length - listed.length, 'more run')}\n`);
}

/** @throws CommandLineError if there is no terminal */
function requireTerminal(count: number, { input, output }: ConfirmTerminal): void {
  if (input.isTTY !== true || output.isTTY !== true)
    throw new CommandLineError(
      `${formatCount(count, 'run')} would be removed: confirm it with --yes, or list them with --dry-run`,
    );
}

async function confirm(count: number, { input, output }: ConfirmTerminal): Promise<boolean> {
  const reader = createInterface({ input, output });
  const closed = new AbortController();
  reader.once('close', () => closed.abort());
  try {
    const answer = await reader.question(`remove ${formatCount(count, 'run')}? [y/N] `, {
      signal: closed.signal,
    });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    // Ctrl-C and the end of the input remove nothing.
    if (closed.signal.aborted) return false;
    throw error;
  } finally {
    reader.close();
  }
}
