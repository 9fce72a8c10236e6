/**
 * Errors of the codec, and how a place inside a value is written.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

export type PathPart = string | number;

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** Parts of a path that are shown, at its start and at its end. */
const SHOWN_AT_START = 8;
const SHOWN_AT_END = 3;

/**
 * `deep[0].here`, `["a b"].c`; the empty path is the empty text. The middle of a long path is left
 * out: `a[0][0]…[0].b`.
 */
export function pathText(path: readonly PathPart[]): string {
  return path.length <= SHOWN_AT_START + SHOWN_AT_END
    ? partsText(path)
    : `${partsText(path.slice(0, SHOWN_AT_START))}…${partsText(path.slice(-SHOWN_AT_END))}`;
}

function partsText(path: readonly PathPart[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!IDENTIFIER.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/**
 * A value cannot be passed between steps.
 *
 * `path` is the place inside the value, as in `deep[0].here`; it is empty if the value itself is at
 * fault.
 */
export class UnserializableValueError extends HeadraceError {
  readonly path: string;

  constructor(
    path: readonly PathPart[],
    /** What is there, as in `a function`. */
    readonly found: string,
    /** What to do about it. */
    readonly advice: string,
  ) {
    const location = pathText(path);
    super(
      `${location === '' ? 'the value' : location} cannot be passed between steps: it is ${found}. ${advice}`,
    );
    this.path = location;
  }

  override get name(): string {
    return 'UnserializableValueError';
  }
}

/** Encoded data that is not what the codec writes: it was damaged, or written by something else. */
export class CorruptValueError extends HeadraceError {
  constructor(format: string, cause: unknown) {
    super(
      `a value in the form ${format} cannot be read: the data is damaged or was not written by Headrace`,
      { cause },
    );
  }

  override get name(): string {
    return 'CorruptValueError';
  }
}
