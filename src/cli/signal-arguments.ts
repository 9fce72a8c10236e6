/**
 * The arguments of commands that send signals.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import { findJsonIssue, type Json, jsonSchema } from '../model/json.ts';
import { MAX_SIGNAL_VALUE_BYTES } from '../model/limits.ts';
import { isSignalName, SIGNAL_NAME_RULE } from '../model/signals.ts';

/** @throws CommandLineError */
export function requireSignalName(name: string): string {
  if (isSignalName(name)) return name;
  throw new CommandLineError(
    `${JSON.stringify(name)} is not the name of a signal: a name has ${SIGNAL_NAME_RULE}`,
  );
}

/** The value of a signal, from its text. @throws CommandLineError */
export function readSignalValue(name: string, text: string | undefined): Json {
  if (text === undefined) return null;
  const value = parseJson(name, text);
  const issue = findJsonIssue(value);
  if (issue !== undefined)
    throw new CommandLineError(`the value of the signal ${name}: ${issue.message}`);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > MAX_SIGNAL_VALUE_BYTES)
    throw new CommandLineError(
      `the value of the signal ${name} has ${bytes} bytes, and a signal has ${MAX_SIGNAL_VALUE_BYTES} at the most: send the path or the id of the data`,
    );
  return jsonSchema.parse(value);
}

export interface DebugSignal {
  readonly name: string;
  readonly value: Json;
}

/** The values of `--signal name=json`. @throws CommandLineError */
export const readSignals = (texts: readonly string[]): readonly DebugSignal[] =>
  texts.map((text) => {
    const equals = text.indexOf('=');
    const name = requireSignalName(equals === -1 ? text : text.slice(0, equals));
    return {
      name,
      value: readSignalValue(name, equals === -1 ? undefined : text.slice(equals + 1)),
    };
  });

/** @throws CommandLineError if signals are passed to a run that is not in debug mode */
export function requireNoSignals({ signal }: { readonly signal: readonly string[] }): void {
  if (signal.length > 0)
    throw new CommandLineError(
      '--signal is for --mode debug: a run of the engine receives signals with `headrace runs signal`',
    );
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandLineError(
      `the value of the signal ${name} is not JSON: ${text} (a text is written with quotes: '"yes"')`,
    );
  }
}

/** What the command prints when the signal is sent. */
export function sentLine(id: string, name: string, awaited: readonly string[]): string {
  if (awaited.includes(name)) return `the signal ${name} is sent to run ${id}\n`;
  const others = awaited.length === 0 ? '' : `; the run waits for ${awaited.join(', ')}`;
  return `the signal ${name} is sent to run ${id}, which does not wait for it yet: it is kept for the next waitForSignal('${name}')${others}\n`;
}
