/**
 * A run of debug mode, as its callbacks see it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { PipelineDeclaration } from '../../model/options.ts';
import type { PipelineView } from '../option-types.ts';

interface RunParts {
  readonly args: Readonly<Record<string, unknown>>;
  readonly print: (line: string) => void;
  /** Receives the tags that callbacks add. */
  readonly tags: string[];
  readonly abort: (reason?: string) => void;
}

export function pipelineView(
  { name, project, version }: PipelineDeclaration,
  { args, print, tags, abort }: RunParts,
): PipelineView {
  return Object.freeze({
    id: `debug-${randomBytes(5).toString('hex')}`,
    name,
    project,
    version,
    args,
    logger: {
      reportScalar: (title: string, series: string, value: number, iteration: number) =>
        print(`${title}/${series} ${iteration}: ${value}`),
      reportText: print,
    },
    addTags: (added: readonly string[]) => {
      const blank = added.find((tag) => tag === '' || tag !== tag.trim());
      if (blank !== undefined)
        throw new RangeError(
          `addTags was given ${JSON.stringify(blank)}: a tag must not be empty, or start or end with a blank`,
        );
      tags.push(...new Set(added.filter((tag) => !tags.includes(tag))));
    },
    abort,
  });
}

/** The arguments of the run by the names of the parameters. */
export function argumentsByName(
  {
    style,
    parameters,
  }: { readonly style: 'positional' | 'object'; readonly parameters: readonly string[] },
  args: readonly unknown[],
): Readonly<Record<string, unknown>> {
  const [first] = args;
  return style === 'object' && typeof first === 'object' && first !== null
    ? { ...first }
    : Object.fromEntries(args.map((arg, index) => [parameters[index] ?? `argument${index}`, arg]));
}
