/**
 * A program of the suite, and its outcome.
 *
 * To add a program: an entry in a file of `programs/`, with the outcome that it must have in every
 * mode. A new file is listed in `programs/index.ts`.
 *
 * @module
 */
import { ERROR_CLASSES } from '../../src/model/error-record.ts';
import type { RunDocument } from '../unit/cli/contract.ts';

export type Mode = 'debug' | 'local' | 'dev' | 'aws';

export interface Program {
  /**
   * The source of `pipeline.ts`, which declares one pipeline. `HEAD` precedes it, on the same line,
   * so that lines keep their numbers.
   */
  readonly source: string;
  /** Further files of the project, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Links of the project, by path: their targets, relative to the project. */
  readonly links?: Readonly<Record<string, string>>;
  /** Arguments of the pipeline, as in `n=1`. */
  readonly args?: readonly string[];
  /** Environment variables of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Reads from the document of the run what is compared in addition to its end. */
  readonly records?: (document: RunDocument) => unknown;
  /** Commands after the run. Debug mode has none, because it records nothing. */
  readonly commands?: readonly Command[];
  readonly outcome: Outcome;
  /** The outcome in modes where it differs, each with a comment that states the reason. */
  readonly exceptions?: Partial<Readonly<Record<Mode, Outcome>>>;
}

/** A command that reads the run. */
export interface Command {
  readonly args: (run: string) => readonly string[];
  /** Reads from what it prints, as the lines of stdout, what is compared. */
  readonly read: (stdout: string) => unknown;
}

/**
 * The exit code of the command, the part of the document of `--json` that describes the end, and
 * what the program's `records` and `commands` return.
 */
export type Outcome = (
  | { readonly code: 0; readonly result: unknown }
  | { readonly code: number; readonly status: 'failed' | 'aborted'; readonly error: unknown }
) & { readonly records?: unknown; readonly commands?: readonly unknown[] };

export type ErrorOutcome = Readonly<{ name: string; message: string; [field: string]: unknown }>;

export type Programs = Readonly<Record<string, Program>>;

/** The program's result. */
export const completes = (result: unknown, records?: unknown): Outcome => ({
  code: 0,
  result,
  ...(records === undefined ? {} : { records }),
});

/**
 * The error of the run as it is printed: name, message, class, fields, `step` and `cause`, without
 * stacks.
 */
export const fails = (error: Readonly<Record<string, unknown>>): Outcome => ({
  code: 1,
  status: 'failed',
  error,
});

/** The error of a run whose step failed in its only attempt with this error. */
export const failsInStep = (step: string, cause: ErrorOutcome, suffix = ''): Outcome =>
  fails({
    name: 'StepFailedError',
    message: `step ${step} failed: ${cause.message}${suffix}`,
    step,
    class: 'HeadraceError',
    fields: { attempts: 1 },
    cause: withClass(cause),
  });

/** The error with its built-in class, if its name is that of one. */
export const withClass = (error: ErrorOutcome): ErrorOutcome =>
  ERROR_CLASSES.some((each) => each === error.name) ? { ...error, class: error.name } : error;
