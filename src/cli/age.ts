/**
 * Reads `--older-than`.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import { toMilliseconds } from '../sdk/duration.ts';

/** The age in milliseconds of a text such as `30d`. @throws CommandLineError */
export function ageOf(text: string): number {
  try {
    return toMilliseconds(text);
  } catch {
    throw new CommandLineError(
      `--older-than ${JSON.stringify(text)} is no duration: write it as in 30d, 12h or 90m`,
    );
  }
}
