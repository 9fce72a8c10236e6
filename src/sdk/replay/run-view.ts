/**
 * The run, as callbacks see it.
 *
 * @module
 */
import { inspect } from './inspect.ts';
import { ledger } from './session.ts';

/** The run that the host starts. */
export interface StartedRun {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly version: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly signature: {
    readonly style: 'positional' | 'object';
    readonly parameters: readonly string[];
    readonly rest: boolean;
  };
}

export class RunView {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly version: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly logger = Object.freeze({
    debug: (text: unknown) => ledger.issue({ kind: 'log', level: 'debug', text: inspect(text) }),
    info: (text: unknown) => ledger.issue({ kind: 'log', level: 'info', text: inspect(text) }),
    warn: (text: unknown) => ledger.issue({ kind: 'log', level: 'warn', text: inspect(text) }),
    error: (text: unknown) => ledger.issue({ kind: 'log', level: 'error', text: inspect(text) }),
    reportText: (text: unknown) =>
      ledger.issue({ kind: 'log', level: 'info', text: inspect(text) }),
    reportScalar,
  });

  constructor(run: StartedRun) {
    this.id = run.id;
    this.name = run.name;
    this.project = run.project;
    this.version = run.version;
    // A copy, so that a callback cannot change the arguments of the logic.
    this.args = JSON.parse(JSON.stringify(run.args)) as StartedRun['args'];
    Object.freeze(this);
  }

  addTags(tags: unknown): void {
    const list: unknown[] = typeof tags === 'string' ? [tags] : Array.isArray(tags) ? tags : [];
    const texts = list.filter((tag) => typeof tag === 'string');
    if (texts.length === 0 || texts.length !== list.length)
      throw new TypeError('addTags needs a list of strings');
    ledger.issue({ kind: 'addTags', tags: texts });
  }

  abort(reason: unknown = 'a callback aborted the run'): void {
    ledger.issue({ kind: 'abort', reason: inspect(reason) });
  }
}

function reportScalar(title: unknown, series: unknown, value: unknown, iteration: unknown): void {
  if (typeof title !== 'string' || typeof series !== 'string')
    throw new TypeError('reportScalar needs a title and a series as strings');
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new TypeError('reportScalar needs a finite number as its value');
  if (typeof iteration !== 'number' || !Number.isFinite(iteration))
    throw new TypeError('reportScalar needs a number as its iteration');
  ledger.issue({ kind: 'point', title, series, value, iteration });
}
