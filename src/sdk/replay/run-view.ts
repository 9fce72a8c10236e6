/**
 * The run, as callbacks see it.
 *
 * @module
 */
import { decode, fromInline } from '../../codec/index.ts';
import {
  MAX_METRIC_NAME_LENGTH,
  MAX_REASON_LENGTH,
  MAX_TAG_LENGTH,
  MAX_TAGS,
} from '../../model/limits.ts';
import { truncate } from '../../model/truncate.ts';
import type { InlineValue } from '../../model/value.ts';
import { inspect } from './inspect.ts';
import { ledger } from './session.ts';

/** The run that the host starts. */
export interface StartedRun {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly version: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Arguments that have no form in JSON or are large. `args` has a text in the place of each. */
  readonly encodedArgs?: Readonly<Record<string, InlineValue>> | undefined;
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
    this.args = argumentsByName(run);
    Object.freeze(this);
  }

  addTags(tags: unknown): void {
    const list: unknown[] = typeof tags === 'string' ? [tags] : Array.isArray(tags) ? tags : [];
    const texts = list.filter((tag) => typeof tag === 'string');
    if (texts.length === 0 || texts.length !== list.length)
      throw new TypeError('addTags needs a list of strings');
    if (texts.length > MAX_TAGS || texts.some((tag) => tag.length > MAX_TAG_LENGTH))
      throw new RangeError(
        `addTags accepts ${MAX_TAGS} tags of ${MAX_TAG_LENGTH} characters: shorten them, or pass fewer`,
      );
    const blank = texts.find((tag) => tag === '' || tag !== tag.trim());
    if (blank !== undefined)
      throw new RangeError(
        `addTags was given ${JSON.stringify(blank)}: a tag must not be empty, or start or end with a blank`,
      );
    ledger.issue({ kind: 'addTags', tags: texts });
  }

  abort(reason: unknown = 'a callback aborted the run'): void {
    ledger.issue({ kind: 'abort', reason: truncate(inspect(reason), MAX_REASON_LENGTH) });
  }
}

function reportScalar(title: unknown, series: unknown, value: unknown, iteration: unknown): void {
  if (typeof title !== 'string' || typeof series !== 'string')
    throw new TypeError('reportScalar needs a title and a series as strings');
  if (title.length > MAX_METRIC_NAME_LENGTH || series.length > MAX_METRIC_NAME_LENGTH)
    throw new RangeError(
      `reportScalar accepts a title and a series of ${MAX_METRIC_NAME_LENGTH} characters: give the metric a shorter name`,
    );
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new TypeError('reportScalar needs a finite number as its value');
  if (typeof iteration !== 'number' || !Number.isFinite(iteration))
    throw new TypeError('reportScalar needs a number as its iteration');
  ledger.issue({ kind: 'point', title, series, value, iteration });
}

/** A new copy of the arguments, so that a callback cannot change those of the logic. */
export function argumentsByName({ args, encodedArgs = {} }: StartedRun): StartedRun['args'] {
  return {
    ...(JSON.parse(JSON.stringify(args)) as StartedRun['args']),
    ...Object.fromEntries(
      Object.entries(encodedArgs).map(([name, value]) => [name, decode(fromInline(value))]),
    ),
  };
}

/** The run, once it started. */
export const currentRun: { view: RunView | undefined } = { view: undefined };
