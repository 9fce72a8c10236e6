/**
 * Log streams: kept in memory, the last part of each, and handed on to where the deployment's logs
 * are read.
 *
 * @module
 */
export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** Takes the lines of a stream in their order, such as CloudWatch Logs. */
export interface LogSink {
  write(group: string, stream: string, lines: readonly LogLine[]): Promise<void>;
}

/** The group of a job definition that names none. */
export const DEFAULT_GROUP = '/aws/batch/job';

const KEPT_LINES = 10_000;
const FLUSH_MS = 200;

export class Logs {
  readonly #kept = new Map<string, LogLine[]>();
  readonly #pending = new Map<
    string,
    { readonly group: string; readonly stream: string; lines: LogLine[] }
  >();
  readonly #sink: LogSink | undefined;
  readonly #warn: (sentence: string) => void;
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: LogSink | undefined, warn: (sentence: string) => void) {
    this.#sink = sink;
    this.#warn = warn;
  }

  write(group: string, stream: string, message: string): void {
    const line = { timestamp: Date.now(), message };
    const lines = this.#kept.get(stream) ?? [];
    this.#kept.set(stream, lines);
    if (lines.push(line) > KEPT_LINES) lines.shift();
    if (this.#sink === undefined) return;
    const key = `${group}\n${stream}`;
    const pending = this.#pending.get(key) ?? { group, stream, lines: [] };
    pending.lines.push(line);
    this.#pending.set(key, pending);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** The kept lines; `undefined` for a stream that nothing was written to. */
  read(stream: string): readonly LogLine[] | undefined {
    return this.#kept.get(stream);
  }

  /** Resolves when everything written so far is in the sink, or was warned about. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#flushing = this.#flushing.then(async () => {
      for (const { group, stream, lines } of pending) {
        try {
          await this.#sink?.write(group, stream, lines);
        } catch (error) {
          this.#warn(
            `${lines.length} log lines of ${group} ${stream} were lost: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
    });
    return this.#flushing;
  }
}
