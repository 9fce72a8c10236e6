/**
 * The search parameters of the form of a run. An argument is `a.<name>=<text>`, with the text that
 * `--arg` takes.
 *
 * @module
 */
import { type SearchParams, textOf, textsOf } from '../../address/search.ts';

const ARGUMENT_PREFIX = 'a.';

export interface NewRunSearch {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  /** Without one: the highest. */
  readonly version?: string | undefined;
  /** The run whose arguments the form starts with. */
  readonly from?: string | undefined;
  /** `1`: the form makes a rerun of `from`. */
  readonly rerun?: '1' | undefined;
  /** In a rerun: the first step that is executed again. Without one, all steps are. */
  readonly step?: string | undefined;
  readonly queue?: string | undefined;
  /** `0`: every step is executed. */
  readonly cache?: '0' | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly [argument: `a.${string}`]: string | undefined;
}

export function newRunSearch(search: SearchParams): NewRunSearch {
  const tags = textsOf(search.tag);
  return {
    project: textOf(search.project),
    pipeline: textOf(search.pipeline),
    version: textOf(search.version),
    from: textOf(search.from),
    rerun: textOf(search.rerun) === '1' ? '1' : undefined,
    step: textOf(search.step),
    queue: textOf(search.queue),
    cache: textOf(search.cache) === '0' ? '0' : undefined,
    ...(tags.length > 0 && { tag: tags }),
    ...argumentParams(argumentsOf(search)),
  };
}

/** The texts of arguments by parameter name. A text may be empty. */
export function argumentsOf(search: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(search).flatMap(([name, value]: readonly [string, unknown]) => {
      const text: unknown = Array.isArray(value) ? value.at(-1) : value;
      return name.startsWith(ARGUMENT_PREFIX) && typeof text === 'string'
        ? [[name.slice(ARGUMENT_PREFIX.length), text]]
        : [];
    }),
  );
}

/** The parameters for these arguments. */
export const argumentParams = (
  texts: Readonly<Record<string, string>>,
): Readonly<Record<`a.${string}`, string>> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`${ARGUMENT_PREFIX}${name}` as const, text]),
  );
