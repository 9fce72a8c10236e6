/**
 * The syntax of `dockerArgs`: from a text to options with values.
 *
 * @module
 */
import { DockerArgsError } from './docker-settings.ts';

/**
 * The arguments as a shell separates them: quotes and backslashes have their usual meaning, and
 * there are no substitutions.
 *
 * @throws DockerArgsError if a quote is not closed
 */
export function splitArguments(text: string): readonly string[] {
  const found: string[] = [];
  let argument: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && index + 1 < text.length)
        argument = `${argument ?? ''}${text[++index]}`;
      else argument = `${argument ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      argument ??= '';
    } else if (character === '\\' && index + 1 < text.length) {
      argument = `${argument ?? ''}${text[++index]}`;
    } else if (/\s/.test(character)) {
      if (argument !== undefined) found.push(argument);
      argument = undefined;
    } else {
      argument = `${argument ?? ''}${character}`;
    }
  }
  if (quote !== '')
    throw new DockerArgsError(
      text.slice(text.lastIndexOf(quote)),
      'has a quote that is not closed',
    );
  if (argument !== undefined) found.push(argument);
  return found;
}

/** Name and value of `--memory=4g`, `-m4g` or `-m=4g`. A name alone has no value. */
export function splitOption(argument: string): {
  readonly name: string;
  readonly value: string | undefined;
} {
  if (argument.startsWith('--') || !argument.startsWith('-')) {
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    return equals === -1
      ? { name: argument, value: undefined }
      : { name: argument.slice(0, equals), value: argument.slice(equals + 1) };
  }
  const rest = argument.slice(2);
  return { name: argument.slice(0, 2), value: rest === '' ? undefined : rest.replace(/^=/, '') };
}
