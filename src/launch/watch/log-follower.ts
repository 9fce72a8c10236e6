/**
 * Follows the logs of the attempts of one run.
 *
 * 1. Each line is passed on once, and the lines of an attempt in the order of its log. Lines of
 *    different attempts are in the order in which they are read. The pieces of a long line are one
 *    line again, up to `MAX_JOINED_LENGTH`.
 * 2. A log is read until it is complete: an attempt that ended may still have lines to come.
 * 3. A log without new lines is read less often.
 *
 * Its methods are called one after the other.
 *
 * @module
 */
import type { FeedLogLine, FeedLogPage, FeedPace, LogReader } from './run-feed.ts';

export interface FollowedLine extends FeedLogLine {
  readonly step: string;
  readonly attempt: number;
}

/** The logs that are read at once. */
const MAX_CONCURRENT_READS = 8;
/** How long `drain` waits for the rest of logs: longer than a deployment waits for their lines. */
const DRAIN_TIMEOUT_MS = 25_000;
/** A line that is longer is passed on in pieces of at least this length, which continue each other. */
const MAX_JOINED_LENGTH = 2 ** 20;

interface OpenLog {
  readonly call: number;
  readonly step: string;
  readonly attempt: number;
  cursor: string | undefined;
  /** The pieces of a line whose rest was not read yet. */
  pieces: readonly FeedLogLine[];
  pauseMs: number;
  nextReadAt: number;
}

export interface LogFollowerOptions {
  readonly read: LogReader;
  readonly pace: Pick<FeedPace, 'logMs'>;
  readonly print: (lines: readonly FollowedLine[]) => void | Promise<void>;
  readonly now?: () => number;
  readonly pause?: (durationMs: number) => Promise<void>;
}

export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #now: () => number;
  readonly #open = new Map<string, OpenLog>();
  /** Attempts whose logs are read to their ends. */
  readonly #complete = new Set<string>();

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** An attempt of a step runs: its log is read by `poll`. */
  open(call: number, step: string, attempt: number): void {
    const key = `${call} ${attempt}`;
    if (this.#open.has(key) || this.#complete.has(key)) return;
    const [pauseMs] = this.#options.pace.logMs;
    this.#open.set(key, {
      call,
      step,
      attempt,
      cursor: undefined,
      pieces: [],
      pauseMs,
      nextReadAt: 0,
    });
  }

  /** An attempt has ended: its log is read as far as it exists. */
  async finish(call: number, step: string, attempt: number): Promise<void> {
    this.open(call, step, attempt);
    const log = this.#open.get(`${call} ${attempt}`);
    if (log !== undefined) await this.#read([log]);
  }

  /** Reads the open logs whose pauses are over. */
  async poll(): Promise<void> {
    await this.#read(
      [...this.#open.values()].filter(({ nextReadAt }) => nextReadAt <= this.#now()),
    );
  }

  /**
   * Reads the logs until all are complete, for a run that is finished.
   *
   * @param until resolves when following is to stop
   */
  async drain(until?: Promise<unknown>): Promise<void> {
    let stopped = false;
    const stop = until?.then(() => {
      stopped = true;
    });
    const deadline = this.#now() + DRAIN_TIMEOUT_MS;
    while (true) {
      await this.#read([...this.#open.values()]);
      if (this.#open.size === 0 || this.#now() >= deadline) return;
      const pause = (this.#options.pause ?? pauseFor)(this.#options.pace.logMs[0]);
      await (stop === undefined ? pause : Promise.race([stop, pause]));
      if (stopped) return;
    }
  }

  async #read(logs: readonly OpenLog[]): Promise<void> {
    for (let first = 0; first < logs.length; first += MAX_CONCURRENT_READS) {
      const batch = logs.slice(first, first + MAX_CONCURRENT_READS);
      const pages = await Promise.all(
        batch.map(async (log) => ({ log, page: await this.#readPage(log) })),
      );
      for (const { log, page } of pages) {
        await this.#print(log, page);
        let last = page;
        while (last.hasMore) {
          last = await this.#readPage(log);
          await this.#print(log, last);
        }
        this.#schedule(log, page.lines.length > 0, last.complete);
      }
    }
  }

  async #readPage(log: OpenLog): Promise<FeedLogPage> {
    const page = await this.#options.read(log.call, log.attempt, log.cursor);
    log.cursor = page.next;
    return page;
  }

  async #print(log: OpenLog, page: FeedLogPage): Promise<void> {
    const { step, attempt } = log;
    const lines: FeedLogLine[] = [];
    for (const line of page.lines) {
      log.pieces = [...log.pieces, line];
      const length = log.pieces.reduce((sum, { text }) => sum + text.length, 0);
      if (line.continues === true && length < MAX_JOINED_LENGTH) continue;
      lines.push(joined(log.pieces));
      log.pieces = [];
    }
    if (page.complete && !page.hasMore && log.pieces.length > 0) {
      lines.push(joined(log.pieces));
      log.pieces = [];
    }
    if (lines.length > 0)
      await this.#options.print(lines.map((line) => ({ ...line, step, attempt })));
  }

  #schedule(log: OpenLog, hadLines: boolean, isComplete: boolean): void {
    const key = `${log.call} ${log.attempt}`;
    if (isComplete) {
      this.#open.delete(key);
      this.#complete.add(key);
      return;
    }
    const [least, most] = this.#options.pace.logMs;
    log.nextReadAt = this.#now() + (hadLines ? least : log.pauseMs);
    log.pauseMs = hadLines ? least : Math.min(most, log.pauseMs * 2);
  }
}

/** The pieces as one line, with the time of the first. The next line continues it if it continues the last. */
const joined = (pieces: readonly FeedLogLine[]): FeedLogLine => ({
  at: pieces[0]?.at ?? null,
  text: pieces.map(({ text }) => text).join(''),
  ...(pieces.at(-1)?.continues === true ? { continues: true } : {}),
});

/** The line as a view prints it: with its step, because several may run at once. */
export const followedText = ({
  step,
  attempt,
  text,
}: Pick<FollowedLine, 'step' | 'attempt' | 'text'>): string =>
  `${attempt > 1 ? `${step} (attempt ${attempt})` : step} | ${text}`;

const pauseFor = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
