/**
 * Prints what steps and the logic printed and reported: below a header for each source, with the
 * step before each line, or as one JSON object a line.
 *
 * @module
 */

import { followedText } from '../launch/watch/log-follower.ts';
import { toIsoTime, toIsoTimeOrNull } from '../model/iso-time.ts';
import type { Output } from '../view/output.ts';

export interface LogEntry {
  /** Null: the logic and its callbacks. */
  readonly step: string | null;
  readonly attempt: number | null;
  /** `output`: stdout and stderr. `reported`: `logger.reportText`. `error`: why an attempt failed. */
  readonly stream: 'output' | 'reported' | 'error';
  /** Milliseconds since the epoch; null if the store has no times. */
  readonly at: number | null;
  readonly text: string;
  /** The next entry continues this line. */
  readonly continues?: true | undefined;
}

export interface LogPrinter {
  print(entries: readonly LogEntry[]): Promise<void>;
  /** A sentence about the log of a step. */
  note(step: string, text: string): Promise<void>;
}

export function createLogPrinter(
  { json, follow }: { readonly json?: boolean; readonly follow?: boolean },
  output: Output,
): LogPrinter {
  if (json === true) return new JsonLogPrinter(output);
  return follow === true ? new PrefixedLogPrinter(output) : new LogPrinterWithHeaders(output);
}

class LogPrinterWithHeaders implements LogPrinter {
  readonly #output: Output;
  #lastTitle: string | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  async print(entries: readonly LogEntry[]): Promise<void> {
    for (const entry of entries) {
      await this.#printHeader(titleOf(entry));
      const { text, at, stream, continues } = entry;
      const time = stream === 'reported' && at !== null ? `${toIsoTime(at)} ` : '';
      await this.#output.write(`${time}${text}${continues ? '' : '\n'}`);
    }
  }

  async note(step: string, text: string): Promise<void> {
    await this.#printHeader(`${step}, ${text}`);
  }

  async #printHeader(title: string): Promise<void> {
    if (this.#lastTitle === title) return;
    this.#lastTitle = title;
    await this.#output.write(`${this.#output.colors.bold(`==> ${title} <==`)}\n`);
  }
}

const titleOf = ({ step, attempt, stream }: LogEntry): string =>
  step === null
    ? 'logic'
    : `${step}, attempt ${attempt}${stream === 'output' ? '' : `, ${stream}`}`;

class PrefixedLogPrinter implements LogPrinter {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  async print(entries: readonly LogEntry[]): Promise<void> {
    for (const { step, attempt, text } of entries)
      await this.#output.write(
        `${followedText({ step: step ?? 'logic', attempt: attempt ?? 1, text })}\n`,
      );
  }

  async note(step: string, text: string): Promise<void> {
    await this.#output.write(`${step}: ${text}\n`);
  }
}

class JsonLogPrinter implements LogPrinter {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  async print(entries: readonly LogEntry[]): Promise<void> {
    for (const { step, attempt, at, stream, text, continues } of entries)
      await this.#output.write(
        `${JSON.stringify({ step, attempt, time: toIsoTimeOrNull(at), stream, text, continues })}\n`,
      );
  }

  async note(): Promise<void> {
    // The document of the run has the origin of a step.
  }
}
