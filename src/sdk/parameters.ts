/**
 * The names of a function's parameters, from its text. Only for functions that no bundler has looked at: debug mode of a plain program.
 *
 * @module
 */
import type { AnyFunction } from './types.ts';

/** `object`: one destructured object, whose properties are the parameters. */
export interface ParameterNames {
  readonly style: 'positional' | 'object';
  readonly parameters: readonly string[];
}

const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*/u;

export function parameterNames(fn: AnyFunction): ParameterNames {
  const parts = split(listOf(Function.prototype.toString.call(fn)));
  const [only] = parts;
  if (parts.length === 1 && only?.startsWith('{'))
    return { style: 'object', parameters: split(inside(only)).map(nameOf) };
  return { style: 'positional', parameters: parts.map(nameOf) };
}

/** The text between the parentheses of the parameter list; `x` of `x => …`. */
function listOf(text: string): string {
  const bare = text.replace(/^(?:async\s+)?/, '');
  const single = NAME.exec(bare)?.[0];
  if (single !== undefined && /^\s*=>/.test(bare.slice(single.length))) return single;
  return inside(text.slice(Math.max(0, text.indexOf('('))));
}

/** The text inside the bracket that `text` begins with. */
function inside(text: string): string {
  const end = closing(text);
  return text.slice(1, end === -1 ? text.length : end);
}

function closing(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index = after(text, index)) {
    const character = text.charAt(index);
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character) && --depth === 0) return index;
  }
  return -1;
}

/** Parts between the commas that are in no bracket. */
function split(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < list.length; index = after(list, index)) {
    const character = list.charAt(index);
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(list.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(list.slice(start));
  return parts.map(withoutComments).filter((part) => part !== '');
}

/** The index behind the string or comment that begins here, else the next. */
function after(text: string, index: number): number {
  const skipped =
    /^(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*)/.exec(
      text.slice(index),
    )?.[0];
  return index + (skipped?.length ?? 1);
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '').trim();

function nameOf(part: string, index: number): string {
  return NAME.exec(part.replace(/^\.\.\./, ''))?.[0] ?? `argument${index}`;
}
