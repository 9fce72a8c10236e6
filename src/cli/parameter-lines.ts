/**
 * The parameters of a pipeline as lines of text: name, type, default and comment, in the sections
 * that the pipeline declares (`argsMap`).
 *
 * @module
 */
import { type ArgsMap, DEFAULT_SECTION, expectation, sectionsOf } from '../model/argument-texts.ts';
import type { Parameter, Signature } from '../model/code.ts';

import type { Output } from '../view/output.ts';
import { showControlsOnLine } from '../view/terminal-text.ts';
import { wrapWords } from '../view/wrap.ts';

/** The most characters of a name with its type and default beside which the comment stands. */
const MAX_COLUMN_WIDTH = 48;
const MIN_COMMENT_WIDTH = 24;

export function parameterLines(
  signature: Signature,
  argsMap: ArgsMap,
  { colors, columns = 100 }: Pick<Output, 'colors' | 'columns'>,
): readonly string[] {
  if (signature.parameters.length === 0) return ['  no parameters'];
  const sections = sectionsOf(signature, argsMap);
  const width = Math.min(
    MAX_COLUMN_WIDTH,
    Math.max(...signature.parameters.map((parameter) => termOf(parameter).length)),
  );
  return sections.flatMap(({ title, parameters }) => [
    ...(sections.length === 1 && title === DEFAULT_SECTION
      ? []
      : [`  ${colors.bold(`${title}:`)}`]),
    ...parameters.flatMap((parameter) => linesOf(parameter, width, columns)),
  ]);
}

/** `testSize: number = 0.2`, `names?: string[]` */
export const termOf = (parameter: Parameter): string =>
  showControlsOnLine(
    `${parameter.name}${parameter.optional && parameter.defaultText === undefined ? '?' : ''}: ${expectation(parameter)}${parameter.defaultText === undefined ? '' : ` = ${parameter.defaultText}`}`,
  );

function linesOf(parameter: Parameter, width: number, columns: number): readonly string[] {
  const term = termOf(parameter);
  const comment = showControlsOnLine(parameter.description ?? '');
  if (comment === '') return [`    ${term}`];
  const indent = ' '.repeat(width + 6);
  const commentLines = wrapWords(comment, Math.max(MIN_COMMENT_WIDTH, columns - indent.length));
  return term.length <= width
    ? commentLines.map((line, index) =>
        index === 0 ? `    ${term.padEnd(width)}  ${line}` : `${indent}${line}`,
      )
    : [`    ${term}`, ...commentLines.map((line) => `${indent}${line}`)];
}
