/**
 * The names of a function's parameters, read from its text. Used only for functions that were not
 * bundled, in debug mode of a plain program.
 *
 * @module
 */
import type { AnyFunction } from './types.ts';

/** `object`: one destructured object, whose properties are the parameters. */
export interface ParameterNames {
  readonly style: 'positional' | 'object';
  readonly parameters: readonly string[];
}

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*/u;

export function parameterNames(fn: AnyFunction): ParameterNames {
  const parts = splitAtCommas(parameterListText(Function.prototype.toString.call(fn)));
  const [only] = parts;
  if (parts.length === 1 && only?.startsWith('{'))
    return { style: 'object', parameters: splitAtCommas(bracketContent(only)).map(parameterName) };
  return { style: 'positional', parameters: parts.map(parameterName) };
}

/** The text between the parentheses of the parameter list, or `x` of `x => …`. */
function parameterListText(text: string): string {
  const withoutAsync = text.replace(/^(?:async\s+)?/, '');
  const soleParameter = IDENTIFIER.exec(withoutAsync)?.[0];
  if (soleParameter !== undefined && /^\s*=>/.test(withoutAsync.slice(soleParameter.length)))
    return soleParameter;
  return bracketContent(text.slice(Math.max(0, text.indexOf('('))));
}

/** The text inside the bracket that `text` starts with. */
function bracketContent(text: string): string {
  const end = closingBracketIndex(text);
  return text.slice(1, end === -1 ? text.length : end);
}

function closingBracketIndex(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index = nextIndex(text, index)) {
    const character = text.charAt(index);
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character) && --depth === 0) return index;
  }
  return -1;
}

/** The parts between the commas that are not inside brackets. */
function splitAtCommas(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < list.length; index = nextIndex(list, index)) {
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

/** The index after the string or comment that starts at `index`, else the next index. */
function nextIndex(text: string, index: number): number {
  const skipped =
    /^(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*)/.exec(
      text.slice(index),
    )?.[0];
  return index + (skipped?.length ?? 1);
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '').trim();

function parameterName(part: string, index: number): string {
  return IDENTIFIER.exec(part.replace(/^\.\.\./, ''))?.[0] ?? `argument${index}`;
}
