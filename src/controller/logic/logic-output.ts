/**
 * The lines that the logic and its callbacks print, as a report of the run.
 *
 * One page of commands makes one report, whose id names the first command: a page that is handled
 * again, after a crash, has the same id and counts once. A replay prints nothing again, because its
 * commands are accepted already.
 *
 * @module
 */
import type { Report } from '../../model/artifacts.ts';
import type { CommandOf } from '../../model/history.ts';
import { truncate } from '../../model/truncate.ts';
import type { RunReport } from '../../ports/tasks.ts';

const MAX_LINE_LENGTH = 10_000;
/** Of one page. Further lines are counted. */
const MAX_OUTPUT_LENGTH = 200_000;

export class LogicOutput {
  readonly #id: string;
  readonly #texts: Report['texts'][number][] = [];
  #length = 0;
  #omitted = 0;
  #lastAt = 0;

  /** @param id unique among the reports of the run */
  constructor(id: string) {
    this.#id = id;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  add({ level, text }: CommandOf<'log'>, at: number): void {
    this.#lastAt = at;
    const line = truncate(level === 'info' ? text : `${level}: ${text}`, MAX_LINE_LENGTH);
    if (this.#length + line.length > MAX_OUTPUT_LENGTH) {
      this.#omitted += 1;
      return;
    }
    this.#length += line.length;
    this.#texts.push({ text: line, at });
  }

  report(): RunReport {
    const note =
      this.#omitted === 0
        ? []
        : [{ text: `… ${this.#omitted} more lines are not kept`, at: this.#lastAt }];
    return { id: this.#id, points: [], texts: [...this.#texts, ...note] };
  }
}
