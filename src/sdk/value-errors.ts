/**
 * The errors of values that a step cannot store or read. The runner and debug mode share them.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** A value that cannot be encoded. */
export class UnserializableArtifactError extends HeadraceError {
  constructor(
    readonly artifact: string,
    reason: string,
    cause: unknown,
  ) {
    super(`${artifact} cannot be stored: ${reason}`);
    this.cause = cause;
  }
}

/** An argument whose value cannot be read. */
export class ArgumentError extends HeadraceError {
  constructor(
    readonly argument: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${argument} cannot be read: ${reason}`);
    if (cause !== undefined) this.cause = cause;
  }
}

/** The place of an argument in the list of arguments, for errors. */
export const argumentText = ([index, ...path]: readonly (string | number)[]): string =>
  `argument ${Number(index) + 1}${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`;

/** The message of a thrown value. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
