/**
 * Descriptions of parameters: `@param name …` above a function, and the comment beside a parameter.
 *
 * @module
 */
import type { Node, Range } from './ast.ts';
import type { Comment, SourceModule } from './source-module.ts';

export interface DocParameter {
  /** The type in braces, as JavaScript files have it. */
  readonly type: string | undefined;
  readonly text: string | undefined;
}

/** By name; `@param options.url` counts as `url`. */
export function docParameters(
  module: SourceModule,
  documented: readonly Node[],
): ReadonlyMap<string, DocParameter> {
  const parameters = new Map<string, DocParameter>();
  for (const node of documented) {
    const comment = docBefore(module, node.start);
    if (comment === undefined) continue;
    for (const [, type, name, rest] of linesOf(comment).matchAll(
      /@param\s+(?:\{([^}]*)\}\s*)?\[?([\p{ID_Start}_$][\p{ID_Continue}_$.]*)(?:=[^\]]*)?\]?([^@]*)/gu,
    )) {
      const key = name?.split('.').at(-1) ?? '';
      const text =
        rest
          ?.trim()
          .replace(/^[-–—:]\s*/, '')
          .replace(/\s+/g, ' ') ?? '';
      if (!parameters.has(key)) parameters.set(key, { type, text: text === '' ? undefined : text });
    }
  }
  return parameters;
}

/** The comment before a parameter, or after it on its last line, between `previous` and `next`. */
export function commentBeside(
  module: SourceModule,
  parameter: Range,
  previous: number,
  next: number,
): string | undefined {
  const { text, comments } = module;
  const before = comments.filter(
    (comment) =>
      comment.start >= previous &&
      comment.end <= parameter.start &&
      !isTrailing(text, comment, previous),
  );
  const after = comments.filter(
    (comment) =>
      comment.start >= parameter.end &&
      comment.end <= next &&
      isTrailing(text, comment, parameter.end),
  );
  const texts = [...before, ...after]
    .map((comment) => linesOf(comment).replace(/\s+/g, ' ').trim())
    .filter((each) => each !== '' && !each.startsWith('@__'));
  return texts.length === 0 ? undefined : texts.join(' ');
}

/** On the line of what ends at `end`: before the comma, or the last of that line. */
function isTrailing(text: string, comment: Comment, end: number): boolean {
  const gap = text.slice(end, comment.start);
  if (!/^[^\S\n]*[,;]?[^\S\n]*$/.test(gap)) return false;
  return gap.trim() === '' || /^[^\S\n]*(\r?\n|$)/.test(text.slice(comment.end));
}

/** The doc comment right before a position, with nothing but blanks and `export` in between. */
function docBefore(module: SourceModule, position: number): Comment | undefined {
  const comment = module.comments.filter((each) => each.end <= position).at(-1);
  if (comment?.kind !== 'Block' || !comment.text.startsWith('*')) return undefined;
  return /^\s*(export\s+(default\s+)?)?$/.test(module.text.slice(comment.end, position))
    ? comment
    : undefined;
}

const linesOf = (comment: Comment): string =>
  comment.text
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, ''))
    .join('\n')
    .trim();
