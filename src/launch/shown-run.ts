/**
 * Passes the events of a run that this process executes to its view, and the output of its steps
 * while they run.
 *
 * 1. Events that precede the start of the view are stored.
 * 2. The view receives events and lines one after the other. If the output is followed, the lines of
 *    an attempt precede the event of its end.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { StatusEvent } from '../ports/events.ts';
import { awaitedSignalLine } from '../view/awaited-signals.ts';
import type { ReportSource } from '../view/run-report.ts';
import { stepPages } from '../view/run-report.ts';
import { originText } from '../view/step-origin.ts';
import type { View } from '../view/view.ts';
import { ChildRunPoller } from './watch/child-run-poller.ts';
import { LOCAL_PACE, type LocalLogs, localLogs } from './watch/local-feed.ts';
import { type FollowedLine, LogFollower } from './watch/log-follower.ts';

interface StepRecords {
  readonly tasks: {
    steps(run: RunId, calls: readonly number[]): Promise<readonly Step[]>;
  };
}

/** Records are read in less than a millisecond, and a person does not see more. */
const CHILD_RUNS_PACE_MS = 500;

export class ShownRun {
  readonly #view: View;
  readonly #home: string;
  readonly #print: ((lines: readonly FollowedLine[]) => void) | undefined;
  #buffered: StatusEvent[] | undefined = [];
  #run: RunId | undefined;
  #reported: ReportSource['reported'] | undefined;
  #follower: LogFollower | undefined;
  #logs: LocalLogs | undefined;
  #timer: NodeJS.Timeout | undefined;
  #childRuns: ChildRunPoller | undefined;
  /** The last delivery (2). */
  #tail: Promise<void> = Promise.resolve();
  #isPolling = false;

  /** @param follow receives the output of steps; undefined: it is not read */
  constructor(
    view: View,
    home: string,
    follow: ((lines: readonly FollowedLine[]) => void) | undefined,
  ) {
    this.#view = view;
    this.#home = home;
    this.#print = follow;
  }

  event(event: StatusEvent): void {
    if (this.#buffered !== undefined) this.#buffered.push(event);
    else this.#deliver(event);
  }

  async start(
    run: Run,
    { tasks }: StepRecords,
    { queries, hintTarget, reported, childProgress }: ReportSource,
  ): Promise<void> {
    this.#run = run.info.id;
    this.#reported = reported;
    if (childProgress !== undefined)
      this.#childRuns = new ChildRunPoller(childProgress, this.#view, CHILD_RUNS_PACE_MS);
    this.#view.start(run);
    if (run.head.callCount > 0)
      for await (const steps of stepPages(queries, run.info.id))
        for (const step of steps)
          if (step.status !== 'superseded') {
            this.#childRuns?.note(step);
            this.#view.addExistingStep(step, await originText(reported, step));
          }
    for (const name of run.head.signals?.awaited ?? [])
      this.#view.printLine(awaitedSignalLine(run.info.id, name, hintTarget));
    const buffered = this.#buffered ?? [];
    this.#buffered = undefined;
    if (this.#print !== undefined) {
      this.#logs = localLogs(this.#home, tasks, run.info.id);
      this.#follower = new LogFollower({
        read: this.#logs.read,
        pace: LOCAL_PACE,
        print: this.#print,
      });
    }
    if (this.#print !== undefined || this.#view.childProgress !== undefined)
      this.#timer = setInterval(() => this.#poll(), LOCAL_PACE.runMs).unref();
    for (const event of buffered) this.event(event);
  }

  /** Resolves when everything is shown that was printed and published before. */
  async settled(): Promise<void> {
    clearInterval(this.#timer);
    this.#poll();
    await this.#tail;
  }

  /** Shows what steps printed while the engine was closed. */
  async showRest(): Promise<void> {
    this.#logs?.closeRecords();
    this.#enqueue(async () => await this.#follower?.drain());
    await this.#tail;
  }

  #deliver(event: StatusEvent): void {
    let origin: string | null = null;
    this.#enqueue(async () => {
      if (event.kind !== 'step' || event.run !== this.#run) return;
      const { call, step, attempt, status, adoptedFrom } = event;
      this.#childRuns?.note(event);
      if (adoptedFrom !== undefined && this.#reported !== undefined)
        origin = await originText(this.#reported, { status, adoptedFrom, cachedFrom: null });
      else if (attempt > 0 && status === 'running') this.#follower?.open(call, step, attempt);
      else if (attempt > 0 && status !== 'queued')
        await this.#follower?.finish(call, step, attempt);
    });
    this.#enqueue(async () => this.#view.event(event, origin));
  }

  #poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#enqueue(async () => {
      this.#isPolling = false;
      await this.#follower?.poll();
      await this.#childRuns?.poll();
    });
  }

  #enqueue(action: () => Promise<void>): void {
    // A log that cannot be read must not end the run, or hide an event.
    this.#tail = this.#tail.then(action).catch(() => undefined);
  }
}
