/**
 * Prints the logs of a run once, or until the run is finished.
 *
 * 1. Each line is printed once. Without `follow`, steps are in the order of calls.
 * 2. While a run is followed, a poll costs one request and one for each log that may have new
 *    lines; steps and what they reported are read when the run changed.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';
import { LogFollower } from '../launch/watch/log-follower.ts';
import type { FeedText, LogReader, RunFeed } from '../launch/watch/run-feed.ts';
import { StepPages } from '../launch/watch/step-pages.ts';
import { TextPages } from '../launch/watch/text-poller.ts';
import type { WatchOutcome } from '../launch/watch/watch-run.ts';
import { isTerminalRun } from '../model/run.ts';
import { isTerminalAttempt, isTerminalStep } from '../model/step.ts';
import { errorDetails, errorHeader, type TextLayout } from '../view/error-text.ts';
import { originText } from '../view/step-origin.ts';
import type { AttemptViewModel, StepViewModel } from '../view/view-models.ts';
import type { LogPrinter } from './log-printer.ts';
import { isSelective, type LineSelection, selectedLines } from './selected-lines.ts';

/** Where the logs of a run are. */
export interface LogSource {
  readonly feed: RunFeed;
  /** Reads the log of a step, or of the step whose result it has. */
  readonly log: LogReader;
  /** The step of that name, else all calls of the component of that name; none if there are none. */
  named(name: string): Promise<readonly StepViewModel[]>;
  /** The error for a name that no step has. */
  unknown(name: string): Promise<NotFoundError>;
  /** The attempts with the log of a step: its own, or those of the step whose result it has. */
  attempts(step: StepViewModel): Promise<readonly AttemptViewModel[]>;
  /** What the attempts reported, in order. */
  texts(step: StepViewModel): Promise<readonly (FeedText & { readonly attempt: number })[]>;
}

export interface PrintLogsOptions extends LineSelection {
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
  readonly follow?: boolean | undefined;
  readonly layout: TextLayout;
  /** Resolves when following is to stop. */
  readonly until: Promise<unknown>;
}

/** @throws NotFoundError if nothing matches the options */
export async function printLogs(
  source: LogSource,
  printer: LogPrinter,
  options: PrintLogsOptions,
): Promise<WatchOutcome> {
  const { feed } = source;
  const { step: name, attempt, follow } = options;
  let stopped = false;
  const stop = options.until.then(() => {
    stopped = true;
  });
  const logs = new StepLogs(source, printer, options);
  const texts = new TextPages(feed);
  const pages = new StepPages(feed);
  let seenRevision = -1;
  while (!stopped) {
    // It is read first, so that all output that precedes the end of the run is printed.
    const isAlive = await feed.isAlive();
    const { item, revision } = await feed.run();
    const isTerminal = isTerminalRun(item.head.status);
    const isLast = follow !== true || isTerminal || !isAlive;
    if (revision !== seenRevision || pages.isBehind || isLast) {
      if (name === undefined && attempt === undefined)
        for await (const lines of texts.unread())
          await printer.print(
            lines
              .filter((line) => hasText(line, options))
              .map(({ text, at }) => entryOf(null, null, 'output', text, at)),
          );
      if (name === undefined) for await (const step of pages.poll(isLast)) await logs.print(step);
      else {
        const steps = await source.named(name);
        // While a run is followed, it may call the step later.
        if (steps.length === 0 && isLast) throw await source.unknown(name);
        for (const step of steps) await logs.print(step);
      }
    }
    seenRevision = revision;
    if (isLast) {
      if (follow === true) await logs.drain(options.until);
      if (attempt !== undefined && !logs.isFound)
        throw new NotFoundError(`no step of run ${feed.id} had an attempt ${attempt}`);
      return follow === true && !isTerminal ? 'abandoned' : 'finished';
    }
    await logs.poll();
    await Promise.race([stop, pauseFor(feed.pace.runMs)]);
  }
  return 'interrupted';
}

/** The logs of steps, in the order in which they are passed to it. */
class StepLogs {
  readonly #source: LogSource;
  readonly #printer: LogPrinter;
  readonly #options: PrintLogsOptions;
  readonly #follower: LogFollower;
  readonly #printedNotes = new Set<number>();
  readonly #printedErrors = new Set<string>();
  /** How many texts of a step were read, by call. */
  readonly #readTexts = new Map<number, number>();
  /** Steps that were read after their ends. */
  readonly #complete = new Set<number>();
  /** An attempt matched the options. */
  isFound = false;

  constructor(source: LogSource, printer: LogPrinter, options: PrintLogsOptions) {
    this.#source = source;
    this.#printer = printer;
    this.#options = options;
    this.#follower = new LogFollower({
      read: source.log,
      pace: source.feed.pace,
      print: (lines) =>
        printer.print(lines.map((line) => ({ ...line, stream: 'output' as const }))),
    });
  }

  async print(step: StepViewModel): Promise<void> {
    const { call, name } = step;
    if (this.#complete.has(call)) return;
    const attempts = (await this.#source.attempts(step)).filter(
      ({ number }) => this.#options.attempt === undefined || number === this.#options.attempt,
    );
    this.isFound ||= attempts.length > 0;
    await this.#printNote(step);
    const texts = attempts.length === 0 ? [] : await this.#newTexts(step);
    for (const attempt of attempts) {
      if (attempt.status === 'queued') continue;
      if (this.#options.follow === true && !isTerminalAttempt(attempt))
        this.#follower.open(call, name, attempt.number);
      else if (attempt.hasLog !== false) await this.#printLog(step, attempt.number);
      await this.#printer.print(
        texts
          .filter((text) => text.attempt === attempt.number && hasText(text, this.#options))
          .map(({ text, at }) => entryOf(name, attempt.number, 'reported', text, at)),
      );
      await this.#printError(step, attempt);
    }
    if (isTerminalStep(step.status) && step.waitingFor === 'none') this.#complete.add(call);
  }

  async #printLog({ call, name }: StepViewModel, attempt: number): Promise<void> {
    if (!isSelective(this.#options)) return await this.#follower.finish(call, name, attempt);
    for await (const lines of selectedLines(this.#source.log, call, attempt, this.#options))
      await this.#printer.print(
        lines.map((line) => ({ ...line, step: name, attempt, stream: 'output' as const })),
      );
  }

  /** Prints new lines of attempts that run. */
  async poll(): Promise<void> {
    await this.#follower.poll();
  }

  /** Prints the rest of the logs of a run that is finished. */
  async drain(until: Promise<unknown>): Promise<void> {
    await this.#follower.drain(until);
  }

  /** Prints once where the result and the log of a step are from. */
  async #printNote(step: StepViewModel): Promise<void> {
    if (this.#printedNotes.has(step.call)) return;
    const note = await originText(this.#source.feed.reported, step);
    if (note === null) return;
    this.#printedNotes.add(step.call);
    await this.#printer.note(step.name, note);
  }

  async #newTexts(step: StepViewModel) {
    const read = this.#readTexts.get(step.call) ?? 0;
    const texts = await this.#source.texts(step);
    this.#readTexts.set(step.call, texts.length);
    return texts.slice(read);
  }

  async #printError({ call, name }: StepViewModel, attempt: AttemptViewModel): Promise<void> {
    const key = `${call} ${attempt.number}`;
    const { error, number, endedAt = null } = attempt;
    if (error === undefined || this.#printedErrors.has(key)) return;
    if (this.#options.search !== undefined && !hasText({ text: error.message }, this.#options))
      return;
    this.#printedErrors.add(key);
    const text = [errorHeader(error), ...errorDetails(error, this.#options.layout)].join('\n');
    await this.#printer.print(
      text.split('\n').map((line) => entryOf(name, number, 'error', line, endedAt)),
    );
  }
}

const hasText = ({ text }: { readonly text: string }, { search }: LineSelection): boolean =>
  search === undefined || text.toLowerCase().includes(search.toLowerCase());

const entryOf = (
  step: string | null,
  attempt: number | null,
  stream: 'output' | 'reported' | 'error',
  text: string,
  at: number | null,
) => ({ step, attempt, stream, text, at });

const pauseFor = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
