/**
 * The errors of a request to start a run. Each message is one sentence that names the argument or
 * the file and the expected value.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import { MAX_ARGUMENTS_BYTES } from '../model/limits.ts';
import { nearestName } from '../sdk/nearest-name.ts';

/** The base class of errors in the request, not in the run. The command line exits with 2. */
export abstract class UsageError extends HeadraceError {}

/** `--arg` without a `=`, or without a name before it. */
export class MalformedArgumentError extends UsageError {
  constructor(readonly text: string) {
    super(`--arg ${JSON.stringify(text)} is not of the form name=value or Section/name=value`);
  }
}

export class UnknownArgumentError extends UsageError {
  constructor(
    readonly argument: string,
    readonly known: readonly string[],
  ) {
    const nearest = nearestName(argument, known);
    super(
      `unknown argument ${JSON.stringify(argument)}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}: ${known.length === 0 ? 'the pipeline has no parameters' : `the pipeline's parameters are ${known.join(', ')}`}`,
    );
  }
}

export class RepeatedArgumentError extends UsageError {
  constructor(readonly argument: string) {
    super(`argument ${argument} is given more than once`);
  }
}

export class MissingArgumentError extends UsageError {
  constructor(
    readonly argument: string,
    readonly expected: string,
    readonly known: readonly string[],
  ) {
    super(
      `argument ${argument} is missing: expected ${expected} (the pipeline's parameters are ${known.join(', ')})`,
    );
  }
}

const MAX_PATH_LENGTH = 80;

/** A path without its middle, if it is long. */
const shortPath = (path: string): string =>
  path.length <= MAX_PATH_LENGTH
    ? path
    : `${path.slice(0, MAX_PATH_LENGTH - 20)}…${path.slice(-20)}`;

/** `path` is a path inside the argument, empty for the whole argument. */
export class IllTypedArgumentError extends UsageError {
  constructor(
    readonly argument: string,
    readonly path: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(
      `argument ${argument}${path === '' ? '' : ` at ${argument}${shortPath(path)}`}: expected ${expected}, given ${given}`,
    );
  }
}

/** `argument` is the largest one. */
export class ArgumentsTooLargeError extends UsageError {
  constructor(
    readonly argument: string,
    readonly bytes: number,
  ) {
    super(
      `the arguments have ${bytes} bytes as JSON, and a run accepts ${MAX_ARGUMENTS_BYTES}: pass the path or the address of a file instead of ${argument}. All limits: headrace/docs/limits.md`,
    );
  }
}

/** `Section/name` names another section than `argsMap` does. */
export class WrongSectionError extends UsageError {
  constructor(
    readonly argument: string,
    readonly given: string,
    readonly section: string,
  ) {
    super(
      `argument ${argument} is not in section ${JSON.stringify(given)}: write ${section}/${argument}=… or ${argument}=…`,
    );
  }
}

/** More positional values than the pipeline has parameters. */
export class TooManyArgumentsError extends UsageError {
  constructor(
    readonly given: number,
    readonly known: readonly string[],
  ) {
    super(
      `${given} arguments are given, but the pipeline has ${known.length === 0 ? 'no parameters' : `${known.length}: ${known.join(', ')}`}`,
    );
  }
}

/** The file's declarations are invalid; `cause` names the option or call. */
export class InvalidSourceError extends UsageError {
  constructor(
    readonly file: string,
    cause: HeadraceError,
  ) {
    super(`${file}: ${cause.message}`, { cause });
  }
}

/** The declaration and the function contradict each other. */
export class ArgsMapError extends UsageError {
  constructor(pipeline: string, what: string) {
    super(`argsMap of pipeline ${JSON.stringify(pipeline)} ${what}`);
  }
}

export class ComponentNameClashError extends UsageError {
  constructor(
    readonly component: string,
    first: string,
    second: string,
  ) {
    super(
      `two components are called ${JSON.stringify(component)} and differ: ${first} and ${second}; give one of them another name with the option "name"`,
    );
  }
}

/** A local checkout that `repo` names cannot be used in containers. */
export class LocalRepositoryError extends UsageError {
  constructor(
    readonly folder: string,
    readonly reason: string,
  ) {
    super(`repo ${JSON.stringify(folder)} cannot be used in a container: ${reason}`);
  }
}

/** Pipelines call each other in a circle. A pipeline may call itself. */
export class ChildCycleError extends UsageError {
  /** @param pipelines each calls the next one, and the last one calls the first */
  constructor(readonly pipelines: readonly string[]) {
    super(
      `pipelines call each other: ${[...pipelines, pipelines[0] ?? ''].join(' calls ')}. A pipeline may call itself, and others that do not call it: make one pipeline of them, with a parameter that selects what it does`,
    );
  }
}
