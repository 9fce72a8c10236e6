/**
 * Watches a run that another process executes: changes between two polls become the events that a
 * view shows.
 *
 * 1. A poll costs one request while nothing changes. After a change, only pages with unfinished
 *    steps are read again, some of them in each poll; if the feed lists the calls that changed, only
 *    the pages of these.
 * 2. The pause between polls is proportional to the duration of a poll, and may grow while nothing
 *    changes (`poll-pause.ts`).
 *
 * @module
 */
import { isTerminalRun } from '../../model/run.ts';
import { awaitedSignalEvent } from '../../view/awaited-signals.ts';
import type { HintTarget } from '../../view/hints.ts';
import type { View } from '../../view/view.ts';
import { type FollowedLine, LogFollower } from './log-follower.ts';
import { nextPause } from './poll-pause.ts';
import type { FeedRun, RunFeed } from './run-feed.ts';
import { StepPoller } from './step-poller.ts';
import { TextPoller } from './text-poller.ts';

export interface WatchOptions {
  /**
   * A final status at this revision or before is from an earlier generation: the run was resumed.
   */
  readonly afterRevision?: number;
  /** For the commands in messages. Default: none. */
  readonly hintTarget?: HintTarget | undefined;
  /** Receives the output of steps while they run. Default: it is not read. */
  readonly follow?: ((lines: readonly FollowedLine[]) => void) | undefined;
  /** Resolves when watching is to stop. */
  readonly until: Promise<unknown>;
}

/** `abandoned`: no process moves the run. */
export type WatchOutcome = 'finished' | 'interrupted' | 'abandoned';

/** Resolves when the run is finished, when `until` resolves, or when no process moves the run. */
export async function watchRun(
  feed: RunFeed,
  view: View,
  { afterRevision = -1, until, hintTarget, follow }: WatchOptions,
): Promise<WatchOutcome> {
  let stopped = false;
  const stop = until.then(() => {
    stopped = true;
  });
  const follower = follow && new LogFollower({ read: feed.log, pace: feed.pace, print: follow });
  const steps = new StepPoller(feed, view, follower);
  const texts = new TextPoller(feed, view);
  const shown = new Set<string>();
  const showAwaitedSignals = ({ awaitedSignals }: FeedRun): void => {
    for (const name of awaitedSignals)
      if (!shown.has(name)) view.event(awaitedSignalEvent(feed.id, name, Date.now(), hintTarget));
    shown.clear();
    for (const name of awaitedSignals) shown.add(name);
  };
  let seenRevision = -1;
  let isStarted = false;
  let pauseMs = 0;
  while (!stopped) {
    const pollStartedAt = performance.now();
    // It is read first: a process that no longer owns a run has committed its last change.
    const isAlive = await feed.isAlive();
    const run = await feed.run();
    if (!isStarted) view.start(run.item);
    const isTerminal = isTerminalRun(run.item.head.status) && run.revision > afterRevision;
    if (run.revision !== seenRevision || isTerminal) await texts.poll(isTerminal);
    if (run.revision !== seenRevision) steps.noteChanges(run.changedCalls);
    if (run.revision !== seenRevision || steps.isBehind || isTerminal)
      await steps.poll(isTerminal, isStarted);
    if (!isTerminal) await steps.pollChildRuns();
    await follower?.poll();
    showAwaitedSignals(run);
    isStarted = true;
    const isIdle = run.revision === seenRevision;
    seenRevision = run.revision;
    if (isTerminal || !isAlive) {
      await follower?.drain(until);
      return isTerminal ? 'finished' : 'abandoned';
    }
    pauseMs = nextPause(feed.pace, {
      isIdle,
      followsLogs: follower !== undefined,
      durationMs: performance.now() - pollStartedAt,
      pauseMs,
    });
    await Promise.race([stop, pauseFor(pauseMs)]);
  }
  return 'interrupted';
}

const pauseFor = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
