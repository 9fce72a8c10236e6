/**
 * The limits of what one attempt of a step reports, checked when the step's code makes the call.
 * The runner and debug mode share them, and the logic's uploads have those of a run. Free of
 * Node.js and zod, because the evaluator's context contains this module, too.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';
import {
  MAX_ATTEMPT_PLOTS,
  MAX_ATTEMPT_POINTS,
  MAX_ATTEMPT_REPORT_BYTES,
  MAX_ATTEMPT_TEXTS,
  MAX_FRAMEWORK_LENGTH,
  MAX_METRIC_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_REPORTED_TEXT_LENGTH,
  MAX_RUN_ARTIFACTS,
  MAX_RUN_MODELS,
  MAX_STEP_ARTIFACTS,
  MAX_STEP_MODELS,
  MAX_STEP_OUTPUT_BYTES,
} from '../model/limits.ts';
import { truncate } from '../model/truncate.ts';
import { utf8Length } from '../model/utf8-length.ts';

/** A step passed something to its logger or to an upload that cannot be recorded. */
export class ReportError extends HeadraceError {
  override get name(): string {
    return 'ReportError';
  }
}

/** A step reports more than a limit allows. */
export class ReportLimitError extends HeadraceError {
  /**
   * @param excess what exceeds the limit, with its value
   * @param allowed the limit, as the end of a sentence
   */
  constructor(excess: string, allowed: string, remedy: string) {
    super(`${excess}, and ${allowed}: ${remedy}. All limits: headrace/docs/limits.md`);
  }

  override get name(): string {
    return 'ReportLimitError';
  }
}

export interface CheckedPoint {
  readonly title: string;
  readonly series: string;
  readonly value: number;
  readonly iteration: number;
}

/** The names of a plot, and the call as errors name it. */
export interface CheckedPlot extends Omit<CheckedPoint, 'value'> {
  readonly call: string;
}

type Owner = 'step' | 'run';
type Kind = 'artifact' | 'model';

const MAX_OUTPUTS: Readonly<Record<Owner, Readonly<Record<Kind, number>>>> = {
  step: { artifact: MAX_STEP_ARTIFACTS, model: MAX_STEP_MODELS },
  run: { artifact: MAX_RUN_ARTIFACTS, model: MAX_RUN_MODELS },
};

/** Approximate size of a point in a message, without its title and series. */
const POINT_OVERHEAD_BYTES = 100;

/** Approximate size of the record of a plot, without its title, series and inline content. */
const PLOT_OVERHEAD_BYTES = 500;

/** @throws ReportError if the name of an upload is that of a return value of the step */
export function refuseReturnName(name: string, returnValues: readonly string[]): void {
  if (returnValues.includes(name))
    throw new ReportError(
      `uploadArtifact: ${JSON.stringify(name)} is the name of a return value of the step: give the upload another name`,
    );
}

/** Counts what an attempt reports. */
export class ReportLimits {
  #points = 0;
  #plots = 0;
  #texts = 0;
  #reportBytes = 0;
  #outputBytes = 0;
  /** The sizes of records, by name: a later upload under the same name replaces the record. */
  readonly #outputs: Readonly<Record<Owner, Readonly<Record<Kind, Map<string, number>>>>> = {
    step: { artifact: new Map(), model: new Map() },
    run: { artifact: new Map(), model: new Map() },
  };

  /** @throws ReportError, ReportLimitError */
  point(title: unknown, series: unknown, value: unknown, iteration: unknown): CheckedPoint {
    const point = checkedPoint(title, series, value, iteration);
    this.#points += 1;
    if (this.#points > MAX_ATTEMPT_POINTS)
      throw new ReportLimitError(
        `this is point ${count(this.#points)} of the attempt`,
        `an attempt may report ${count(MAX_ATTEMPT_POINTS)}`,
        'report every nth iteration, or store the series as an artifact',
      );
    this.#addReportBytes(POINT_OVERHEAD_BYTES + utf8Length(point.title) + utf8Length(point.series));
    return point;
  }

  /** @param method as in `reportTable`. @throws ReportError, ReportLimitError */
  plot(method: string, title: unknown, series: unknown, iteration: unknown): CheckedPlot {
    const names = checkedNames(method, title, series);
    const call = callText(method, names);
    const checked = { ...names, call, iteration: checkedIteration(method, names, iteration) };
    this.#plots += 1;
    if (this.#plots > MAX_ATTEMPT_PLOTS)
      throw new ReportLimitError(
        `${call}: this is plot ${count(this.#plots)} of the attempt`,
        `an attempt may report ${count(MAX_ATTEMPT_PLOTS)}`,
        'report every nth iteration, or upload a folder of files',
      );
    this.#addReportBytes(PLOT_OVERHEAD_BYTES + utf8Length(names.title) + utf8Length(names.series));
    return checked;
  }

  /** Counts the content of a plot that is part of its record. @throws ReportLimitError */
  addInlinePlot(text: string): void {
    this.#addReportBytes(utf8Length(text));
  }

  /** The text to record: the rest of a long text is left out. @throws ReportLimitError */
  text(text: unknown): string {
    const recorded = truncate(String(text), MAX_REPORTED_TEXT_LENGTH);
    this.#texts += 1;
    if (this.#texts > MAX_ATTEMPT_TEXTS)
      throw new ReportLimitError(
        `this is text ${count(this.#texts)} of the attempt`,
        `an attempt may report ${count(MAX_ATTEMPT_TEXTS)}`,
        'write to the log with console.log, which has no such limit',
      );
    this.#addReportBytes(utf8Length(recorded));
    return recorded;
  }

  /** Checks that another upload is allowed. @throws ReportLimitError */
  checkCount(owner: Owner, kind: Kind, name: string): void {
    const outputs = this.#outputs[owner][kind];
    const limit = MAX_OUTPUTS[owner][kind];
    if (outputs.size < limit || outputs.has(name)) return;
    throw new ReportLimitError(
      `${kind} ${JSON.stringify(name)} is number ${count(outputs.size + 1)} of the ${owner}`,
      `a ${owner} may have ${count(limit)}`,
      'upload a folder, which counts as one',
    );
  }

  /** Counts an upload or a return value by its record. @throws ReportLimitError */
  addOutput(owner: Owner, kind: Kind, record: { readonly name: string }): void {
    this.checkCount(owner, kind, record.name);
    const outputs = this.#outputs[owner][kind];
    const bytes = utf8Length(JSON.stringify(record));
    const total = this.#outputBytes - (outputs.get(record.name) ?? 0) + bytes;
    if (total > MAX_STEP_OUTPUT_BYTES)
      throw new ReportLimitError(
        `with ${kind} ${JSON.stringify(record.name)}, the records of what the step stored have ${count(total)} bytes`,
        `they may have ${count(MAX_STEP_OUTPUT_BYTES)}`,
        'upload a folder instead of many small values, or store less metadata',
      );
    outputs.set(record.name, bytes);
    this.#outputBytes = total;
  }

  #addReportBytes(bytes: number): void {
    this.#reportBytes += bytes;
    if (this.#reportBytes > MAX_ATTEMPT_REPORT_BYTES)
      throw new ReportLimitError(
        `the points, texts and plots of the attempt have ${count(this.#reportBytes)} bytes`,
        `they may have ${count(MAX_ATTEMPT_REPORT_BYTES)}`,
        'report less, or store the data as an artifact',
      );
  }
}

function checkedPoint(
  title: unknown,
  series: unknown,
  value: unknown,
  iteration: unknown,
): CheckedPoint {
  const names = checkedNames('reportScalar', title, series);
  if (typeof value !== 'number')
    throw new ReportError(
      `${callText('reportScalar', names)}: the value must be a number, not ${typeof value}`,
    );
  return {
    title: names.title,
    series: names.series,
    value,
    iteration: checkedIteration('reportScalar', names, iteration),
  };
}

interface Names {
  readonly title: string;
  readonly series: string;
}

const ARGUMENTS: Readonly<Record<string, string>> = {
  reportScalar: 'value',
  reportTable: 'table',
  reportImage: 'image',
  reportConfusionMatrix: 'matrix',
};

/** `reportScalar("loss", "train", …)`. */
const callText = (method: string, { title, series }: Names): string =>
  `${method}(${JSON.stringify(truncate(title, 60))}, ${JSON.stringify(truncate(series, 60))}, …)`;

function checkedNames(method: string, title: unknown, series: unknown): Names {
  if (typeof title !== 'string' || typeof series !== 'string')
    throw new ReportError(
      `${method}(title, series, ${ARGUMENTS[method]}, iteration): title and series must be text`,
    );
  const names = { title, series };
  checkLength(method, names, 'title');
  checkLength(method, names, 'series');
  return names;
}

function checkLength(method: string, names: Names, what: keyof Names): void {
  const { length } = names[what];
  if (length > MAX_METRIC_NAME_LENGTH)
    throw new ReportLimitError(
      `${callText(method, names)}: the ${what} has ${count(length)} characters`,
      `it may have ${MAX_METRIC_NAME_LENGTH}`,
      'give the metric a shorter name',
    );
}

function checkedIteration(method: string, names: Names, iteration: unknown): number {
  if (typeof iteration === 'number' && Number.isFinite(iteration)) return iteration;
  throw new ReportError(
    `${callText(method, names)}: the iteration must be a finite number, not ${String(iteration)}`,
  );
}

const VALID_NAME = /^[^\p{Cc}\p{Cs}\\#]+$/u;

/** @param what names the upload in errors: `an artifact`. @throws ReportError */
export function checkedName(what: string, name: unknown): string {
  if (
    typeof name === 'string' &&
    name.length <= MAX_NAME_LENGTH &&
    VALID_NAME.test(name) &&
    name === name.trim()
  )
    return name;
  throw new ReportError(
    `${what} needs a name of 1 to ${MAX_NAME_LENGTH} characters without control characters, backslashes or #, and without a blank at its start or end, not ${JSON.stringify(truncate(String(name), 200))}`,
  );
}

/** @param what names the model in errors: `model "m"`. @throws ReportError, ReportLimitError */
export function checkedFramework(what: string, framework: unknown): string | undefined {
  if (framework === undefined) return undefined;
  if (typeof framework !== 'string') throw new ReportError(`the framework of ${what} must be text`);
  if (framework.length > MAX_FRAMEWORK_LENGTH)
    throw new ReportLimitError(
      `the framework of ${what} has ${count(framework.length)} characters`,
      `it may have ${MAX_FRAMEWORK_LENGTH}`,
      'put a description into the metadata',
    );
  return framework;
}

export const count = (number: number): string => number.toLocaleString('en-US');
