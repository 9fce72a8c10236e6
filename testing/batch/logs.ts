/**
 * Log streams: stores the last lines of each stream in memory, and writes all lines to the sink of
 * the deployment.
 *
 * @module
 */
export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** Receives the lines of a stream in order, such as CloudWatch Logs. */
export interface LogSink {
  write(group: string, stream: string, lines: readonly LogLine[]): Promise<void>;
}

/** The log group for job definitions that do not name one. */
export const DEFAULT_GROUP = '/aws/batch/job';

const MAX_STREAM_LINES = 10_000;
const FLUSH_MS = 200;

export class Logs {
  readonly #streams = new Map<string, LogLine[]>();
  readonly #pending = new Map<
    string,
    { readonly group: string; readonly stream: string; lines: LogLine[] }
  >();
  readonly #sink: LogSink | undefined;
  readonly #warn: (message: string) => void;
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: LogSink | undefined, warn: (message: string) => void) {
    this.#sink = sink;
    this.#warn = warn;
  }

  write(group: string, stream: string, message: string): void {
    const line = { timestamp: Date.now(), message };
    const lines = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, lines);
    if (lines.push(line) > MAX_STREAM_LINES) lines.shift();
    if (this.#sink === undefined) return;
    const key = `${group}\n${stream}`;
    const pending = this.#pending.get(key) ?? { group, stream, lines: [] };
    pending.lines.push(line);
    this.#pending.set(key, pending);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** The stored lines of a stream; `undefined` if it has none. */
  read(stream: string): readonly LogLine[] | undefined {
    return this.#streams.get(stream);
  }

  /** Resolves when the sink has received every line so far, or a warning was printed. */
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
