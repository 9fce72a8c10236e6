/**
 * Executes a run in this process: opens the engine, shows the progress, handles signals, and closes
 * the engine in every case.
 *
 * 1. The first Ctrl-C (or SIGTERM) requests jobs to stop and leaves the run resumable. The second
 *    exits the process at once.
 * 2. The engine is not used after it is closed.
 *
 * @module
 */
import type { Run } from '../model/run.ts';
import { LimitWaits } from '../ports/limit-waits.ts';
import { recordedOutputs } from '../ports/reported-outputs.ts';
import { awaitedSignalEvent } from '../view/awaited-signals.ts';
import { recordedProgress } from '../view/child-progress.ts';
import { hint } from '../view/hints.ts';
import { LiveView } from '../view/live-view.ts';
import { colorsFor, type Output } from '../view/output.ts';
import { PlainView } from '../view/plain-view.ts';
import type { ReportSource } from '../view/run-report.ts';
import type { View } from '../view/view.ts';
import { EXIT } from './exit-codes.ts';
import { homeTarget } from './home.ts';
import { type Engine, type EngineOptions, loadEngine } from './load-engine.ts';
import { createNotifier } from './notifications.ts';
import { ShownRun } from './shown-run.ts';
import type { FollowedLine } from './watch/log-follower.ts';

export interface LocalRunOptions<T> {
  readonly home: string;
  readonly queueConcurrency?: EngineOptions['queueConcurrency'];
  readonly containers?: EngineOptions['containers'];
  readonly view: View;
  /** Receives the output of steps while they run. Default: it is not read. */
  readonly follow?: ((lines: readonly FollowedLine[]) => void) | undefined;
  /** Prints the message about an interruption. */
  readonly note: (line: string) => void;
  /** Starts or resumes the run. */
  start(engine: Engine): Promise<Run>;
  onCompleted(engine: Engine, run: Run): Promise<T>;
  /** Called after the engine is closed. */
  onInterrupted(run: Run): Promise<T>;
}

export async function runLocally<T>({
  home,
  queueConcurrency,
  containers,
  view,
  follow,
  note,
  start,
  onCompleted,
  onInterrupted,
}: LocalRunOptions<T>): Promise<T> {
  const shown = new ShownRun(view, home, follow);
  const notifier = createNotifier({ home, note });
  const engine = await loadEngine({
    home,
    queueConcurrency,
    containers,
    onEvent: (event) => {
      notifier.event(event);
      shown.event(
        event.kind === 'signal'
          ? awaitedSignalEvent(event.run, event.name, event.at, homeTarget(home))
          : event,
      );
    },
  });
  notifier.attach(engine.store.tasks);
  const signals = new InterruptSignals();
  try {
    const started = await start(engine);
    await shown.start(started, engine.store, reportSourceOf(engine, home));
    const run = await Promise.race([engine.waitUntilFinished(started.info.id), signals.first])
      .finally(() => shown.settled())
      .finally(() => view.stop());
    if (run !== undefined) return await onCompleted(engine, run);
    note(
      `interrupted: running steps are stopping (Ctrl-C again kills them); continue with: ${hint(homeTarget(home), 'runs', 'resume', started.info.id)}`,
    );
    await notifier.settled();
    await engine.close({ interrupted: true });
    await shown.showRest();
    return await onInterrupted(started);
  } finally {
    await notifier.settled();
    await engine.close();
    signals.release();
  }
}

export const reportSourceOf = ({ store, objects }: Engine, home: string): ReportSource => ({
  hintTarget: homeTarget(home),
  tasks: store.tasks,
  queries: store.queries,
  reported: recordedOutputs(store),
  limitWaits: () => new LimitWaits(store),
  childProgress: recordedProgress(store.tasks),
  objects,
});

/**
 * A live view on a terminal. Plain lines for pipes and for terminals that do not report their size.
 */
export function createView(name: 'stdout' | 'stderr', output: Output): View {
  const stream = output[name];
  const isTerminal = name === 'stdout' ? output.outIsTerminal : output.errIsTerminal;
  if (!isTerminal || terminalSize(stream).columns < 20)
    return new PlainView(
      name === 'stdout' ? (line) => void output.write(`${line}\n`) : output.note,
    );
  return new LiveView({
    stream,
    colors: colorsFor(true, process.env),
    size: () => terminalSize(stream),
  });
}

function terminalSize(stream: NodeJS.WritableStream): { columns: number; rows: number } {
  const columns = 'columns' in stream && typeof stream.columns === 'number' ? stream.columns : 80;
  const rows =
    'rows' in stream && typeof stream.rows === 'number' && stream.rows > 0 ? stream.rows : 24;
  return { columns, rows };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The interruptions that code of this process waits for, which share one listener of each signal. */
const interruptions = new Set<InterruptSignals>();

const notifyAll = (): void => {
  for (const interruption of [...interruptions]) interruption.receive();
};

/**
 * The first Ctrl-C (SIGTERM, SIGHUP) resolves `first`; the second exits the process. One that is
 * created between the two is interrupted from its start: what a command does next is to stop, too.
 */
export class InterruptSignals {
  readonly first: Promise<undefined>;
  #received = 0;
  #resolveFirst: (noValue: undefined) => void = () => undefined;

  constructor() {
    this.first = new Promise((resolve) => {
      this.#resolveFirst = resolve;
    });
    if (interruptions.size === 0) for (const signal of SIGNALS) process.on(signal, notifyAll);
    const isInterrupted = [...interruptions].some((other) => other.#received > 0);
    interruptions.add(this);
    if (isInterrupted) this.receive();
  }

  receive(): void {
    if (++this.#received > 1) process.exit(EXIT.interrupted);
    this.#resolveFirst(undefined);
  }

  release(): void {
    interruptions.delete(this);
    if (interruptions.size === 0) for (const signal of SIGNALS) process.off(signal, notifyAll);
  }
}
