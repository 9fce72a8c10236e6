/**
 * Where a run that another process executes is read from, so that it can be watched: the records of
 * a home, or an API.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { LogLine } from '../../ports/logs.ts';
import type { ReportedOutputs } from '../../ports/reported-outputs.ts';
import type { ReadChildProgress } from '../../view/child-progress.ts';
import type { RunListItem, StepViewModel } from '../../view/view-models.ts';

export interface FeedRun {
  readonly item: RunListItem;
  /** Grows with each change of the run. */
  readonly revision: number;
  readonly awaitedSignals: readonly string[];
  /** The calls that changed since the last read; absent: any call may have changed. */
  readonly changedCalls?: ReadonlySet<number> | undefined;
}

export interface FeedText {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface FeedPage<T> {
  readonly items: readonly T[];
  /** The cursor of the next page; null if there is none. */
  readonly next: string | null;
}

/** A line of a log, or several pieces of one. */
export type FeedLogLine = Omit<LogLine, 'position'>;

export interface FeedLogPage {
  readonly lines: readonly FeedLogLine[];
  /** The cursor of the lines that follow. */
  readonly next: string;
  /** The cursor of the lines that precede; null or absent: none do. */
  readonly previous?: string | null | undefined;
  /** More lines exist now. */
  readonly hasMore: boolean;
  /** No line is written to this log after those that exist. */
  readonly complete: boolean;
}

/** Selects lines of a log. */
export interface LogQuery {
  /** From the end, or from the `previous` of a page. */
  readonly direction?: 'backward' | undefined;
  /** Only lines with this text, in any case of letters. */
  readonly search?: string | undefined;
  readonly limit?: number | undefined;
}

/** Reads the log of an attempt from its start, or from the `next` of a page. */
export type LogReader = (
  call: number,
  attempt: number,
  cursor: string | undefined,
  query?: LogQuery,
) => Promise<FeedLogPage>;

/** How often a feed may be read. */
export interface FeedPace {
  /** The least pause between two polls of the run. */
  readonly runMs: number;
  /** The pause grows up to this while the run does not change. Default: it does not grow. */
  readonly idleMs?: number | undefined;
  /** The least pause between two polls of what the logic prints. */
  readonly textsMs: number;
  /** The pauses between two reads of a log: the first after new lines, the last without any. */
  readonly logMs: readonly [least: number, most: number];
}

export interface RunFeed {
  readonly id: RunId;
  readonly pace: FeedPace;
  /** The run as it is now. */
  run(): Promise<FeedRun>;
  /** A page of its steps in the order of calls, superseded ones last. */
  steps(cursor: string | undefined): Promise<FeedPage<StepViewModel>>;
  /** A page of the lines that its logic and its callbacks printed. */
  texts(cursor: string | undefined): Promise<FeedPage<FeedText>>;
  readonly log: LogReader;
  /** Names the runs that the results of steps are from. */
  readonly reported: Pick<ReportedOutputs, 'originRun'>;
  readonly childProgress: ReadChildProgress;
  /** False only if it is certain that no process moves the run until it is resumed. */
  isAlive(): Promise<boolean>;
}
