/**
 * Reads the arguments of a pipeline from a terminal, one parameter after the other. The prompts go
 * to stderr, because stdout is for the result.
 *
 * @module
 */
import { createInterface } from 'node:readline/promises';
import { CommandLineError } from '../launch/errors.ts';
import type { ArgsMap } from '../model/argument-texts.ts';
import type { Parameter, Signature } from '../model/code.ts';
import type { JsonObject } from '../model/json.ts';
import { parseArguments, readTexts } from '../submit/arguments.ts';
import { UsageError } from '../submit/errors.ts';
import { termOf } from './parameter-lines.ts';

export interface PromptRequest {
  readonly signature: Signature;
  readonly argsMap: ArgsMap;
  /** The values of `--arg`: their parameters have no prompt. */
  readonly texts: readonly string[];
  /** Arguments that are defaults here, as of an earlier run. */
  readonly base: JsonObject;
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Returns `name=value` for each parameter that got a value, in addition to `texts`; undefined if
 * the input ended (Ctrl-C, Ctrl-D). An empty line keeps the default. A value that does not fit is
 * reported, and the prompt is repeated.
 *
 * @throws CommandLineError if there is no terminal
 */
export async function promptArguments(
  { signature, argsMap, texts, base }: PromptRequest,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<readonly string[] | undefined> {
  if (input.isTTY !== true || output.isTTY !== true)
    throw new CommandLineError(
      '--interactive needs a terminal: name the arguments with --arg name=value',
    );
  const given = readTexts(texts, signature, argsMap);
  const found = [...texts];
  const reader = createInterface({ input, output });
  const closed = new AbortController();
  reader.once('close', () => closed.abort());
  try {
    for (const parameter of signature.parameters) {
      if (given.has(parameter.name)) continue;
      if (parameter.description !== undefined) output.write(`${parameter.description}\n`);
      while (true) {
        const text = await reader.question(promptOf(parameter, base), { signal: closed.signal });
        const answer = text === '' ? [] : [`${parameter.name}=${text}`];
        const problem = problemOf(answer, parameter, signature, base);
        if (problem === undefined) {
          found.push(...answer);
          break;
        }
        output.write(`  ${problem}\n`);
      }
    }
    return found;
  } catch (error) {
    if (closed.signal.aborted) return undefined;
    throw error;
  } finally {
    reader.close();
  }
}

/** `testSize: number = 0.2 [0.3]: `, with the value of the earlier run in brackets. */
function promptOf(parameter: Parameter, base: JsonObject): string {
  const value = base[parameter.name];
  return `${termOf(parameter)}${value === undefined ? '' : ` [${typeof value === 'string' ? value : JSON.stringify(value)}]`}: `;
}

/** Why the answer is no argument of the parameter. */
function problemOf(
  answer: readonly string[],
  parameter: Parameter,
  signature: Signature,
  base: JsonObject,
): string | undefined {
  const value = base[parameter.name];
  const alone: Signature = {
    ...signature,
    parameters: [parameter],
    rest: signature.rest && signature.parameters.at(-1) === parameter,
  };
  try {
    parseArguments(answer, alone, {}, value === undefined ? {} : { [parameter.name]: value });
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
