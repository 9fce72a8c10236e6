/**
 * Moves a run to its end in this process: opens the engine, shows what happens, obeys signals, and closes the engine whatever happened.
 *
 * 1. The first Ctrl-C (or SIGTERM) asks jobs to stop and leaves the run resumable; the second ends the process at once.
 * 2. Nothing of the engine is used after it is closed.
 *
 * @module
 */
import type { Run } from '../model/run.ts';
import type { StatusEvent } from '../ports/events.ts';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { EXIT } from './exit.ts';
import { colorsFor, type Output } from './output.ts';
import { type ReportSource, stepPages } from './report.ts';
import { LiveView } from './view/live.ts';
import { PlainView } from './view/plain.ts';
import type { View } from './view/view.ts';

export interface Drive<T> {
  readonly home: string;
  readonly queueConcurrency?: EngineOptions['queueConcurrency'];
  readonly view: View;
  /** For the sentence that says what an interruption does. */
  readonly note: (line: string) => void;
  /** Starts or resumes the run. */
  begin(engine: Engine): Promise<Run>;
  ended(engine: Engine, run: Run): Promise<T>;
  /** After the engine is closed. */
  interrupted(run: Run): Promise<T>;
}

export async function drive<T>({
  home,
  queueConcurrency,
  view,
  note,
  begin,
  ended,
  interrupted,
}: Drive<T>): Promise<T> {
  const relay = new Relay(view);
  const engine = await openEngine({
    home,
    queueConcurrency,
    onEvent: (event) => relay.event(event),
  });
  const signals = new Signals();
  try {
    const begun = await begin(engine);
    await relay.begin(begun, sourceOf(engine));
    const run = await Promise.race([
      engine.waitUntilFinished(begun.info.id),
      signals.first,
    ]).finally(() => view.end());
    if (run !== undefined) return await ended(engine, run);
    note(
      `interrupted: the running steps are asked to stop (Ctrl-C again kills them); go on with: headrace runs resume ${begun.info.id}`,
    );
    await engine.close({ interrupted: true });
    return await interrupted(begun);
  } finally {
    await engine.close();
    signals.release();
  }
}

export const sourceOf = ({ store, objects }: Engine): ReportSource => ({
  tasks: store.tasks,
  queries: store.queries,
  objects,
});

/** Lines that are redrawn on a terminal, plain lines elsewhere (and on a terminal that does not know its size). */
export function viewOn(name: 'stdout' | 'stderr', output: Output): View {
  const stream = output[name];
  const isTerminal = name === 'stdout' ? output.outIsTerminal : output.errIsTerminal;
  if (!isTerminal || sizeOf(stream).columns < 20)
    return new PlainView(
      name === 'stdout' ? (line) => void output.write(`${line}\n`) : output.note,
    );
  return new LiveView({ stream, colors: colorsFor(true, process.env), size: () => sizeOf(stream) });
}

function sizeOf(stream: NodeJS.WritableStream): { columns: number; rows: number } {
  const columns = 'columns' in stream && typeof stream.columns === 'number' ? stream.columns : 80;
  const rows =
    'rows' in stream && typeof stream.rows === 'number' && stream.rows > 0 ? stream.rows : 24;
  return { columns, rows };
}

/** Holds events back until the run that they belong to is shown. */
class Relay {
  readonly #view: View;
  #waiting: StatusEvent[] | undefined = [];

  constructor(view: View) {
    this.#view = view;
  }

  event(event: StatusEvent): void {
    if (this.#waiting === undefined) this.#view.event(event);
    else this.#waiting.push(event);
  }

  async begin(run: Run, { queries }: ReportSource): Promise<void> {
    this.#view.begin(run);
    if (run.head.callCount > 0)
      for await (const steps of stepPages(queries, run.info.id))
        for (const step of steps) if (step.status !== 'superseded') this.#view.known(step);
    for (const event of this.#waiting ?? []) this.#view.event(event);
    this.#waiting = undefined;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first Ctrl-C (SIGTERM, SIGHUP) resolves `first`; the second ends the process. */
export class Signals {
  readonly first: Promise<undefined>;
  readonly #listener: () => void;

  constructor() {
    let seen = 0;
    let tell: (nothing: undefined) => void = () => undefined;
    this.first = new Promise((resolve) => {
      tell = resolve;
    });
    this.#listener = () => {
      if (++seen > 1) process.exit(EXIT.interrupted);
      tell(undefined);
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
