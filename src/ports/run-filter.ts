/**
 * Filters of lists of runs, which all stores apply alike.
 *
 * 1. Lists are in the order of ids, which start with the time of creation. A child run has the time
 *    of its parent there.
 *
 * @module
 */
import { childRunPrefix } from '../model/child-run-ids.ts';
import { isWithinProject, type RunId, timeDigitsOf } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { creatorName } from '../model/run-creator.ts';

export interface RunFilter {
  /** Runs of this project and of the projects below it, whose pipelines are registered. */
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  /** Runs in this status, or in one of these. */
  readonly status?: string | readonly string[] | undefined;
  /** Runs that have this tag, or all of these. */
  readonly tag?: string | readonly string[] | undefined;
  /** Runs with this creator, or with one of this short name. */
  readonly createdBy?: string | undefined;
  /** Runs of pipelines whose name contains this text, in any case. */
  readonly name?: string | undefined;
  /** Runs whose label, project, version, tags, note and creator contain all words of this text. */
  readonly text?: string | undefined;
  /** Only archived runs, or only others. */
  readonly archived?: boolean | undefined;
  /** Only child runs of the run with this id. */
  readonly parent?: string | undefined;
  /** Created at this time or later, milliseconds since the epoch. */
  readonly from?: number | undefined;
  /** Created before this time. */
  readonly to?: number | undefined;
  /** Only runs with a lower id. */
  readonly before?: string | undefined;
  /** Only runs with a higher id. */
  readonly after?: string | undefined;
  /** Default: newest first. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly limit: number;
}

/**
 * A page of a list. It can be short or empty although others follow, because a request reads a
 * bounded number of runs.
 */
export interface RunListPage {
  readonly runs: readonly Run[];
  /** The page continues behind this run (`before`, or `after` in the other order); null: it ends. */
  readonly next: RunId | null;
}

/** The ids that can match, both ends included. Every id that matches is in this range. */
export function idRange({ parent, from, to, before, after }: RunFilter): {
  readonly from: string;
  readonly to: string;
} {
  const prefix = parent === undefined ? undefined : childRunPrefix(parent);
  const lowest = [
    '0',
    prefix,
    from === undefined ? undefined : timeDigitsOf(from),
    after === undefined ? undefined : `${after}${LAST}`,
  ];
  const highest = [
    LAST,
    prefix === undefined ? undefined : `${prefix}${LAST}`,
    to === undefined ? undefined : below(timeDigitsOf(to)),
    before === undefined ? undefined : below(before),
  ];
  return {
    from: lowest.reduce<string>((max, each) => (each === undefined || each < max ? max : each), ''),
    to: highest.reduce<string>(
      (min, each) => (each === undefined || each > min ? min : each),
      LAST,
    ),
  };
}

/** It follows every character of an id. */
const LAST = '~';

/** The greatest text that sorts before `id` and all that start with it. */
const below = (id: string): string =>
  `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}${LAST}`;

export const statusesOf = ({ status }: Pick<RunFilter, 'status'>): readonly string[] | undefined =>
  typeof status === 'string' ? [status] : status;

export const tagsOf = ({ tag = [] }: Pick<RunFilter, 'tag'>): readonly string[] =>
  typeof tag === 'string' ? [tag] : tag;

/** Whether a pipeline of this name can match, before its run is read. */
export const matchesName = ({ name }: Pick<RunFilter, 'name'>, pipeline: string): boolean =>
  name === undefined || pipeline.toLowerCase().includes(name.toLowerCase());

export function matchesRun(run: Run, filter: RunFilter): boolean {
  const { info, head } = run;
  const { project, pipeline, createdBy, archived, parent } = filter;
  const statuses = statusesOf(filter);
  const range = idRange(filter);
  return (
    info.id >= range.from &&
    info.id <= range.to &&
    (project === undefined || isWithinProject(info.project, project)) &&
    (pipeline === undefined || info.pipeline === pipeline) &&
    (statuses === undefined || statuses.includes(head.status)) &&
    tagsOf(filter).every((tag) => head.tags.includes(tag)) &&
    (createdBy === undefined || isCreatedBy(info.createdBy, createdBy)) &&
    (archived === undefined || (head.archived === true) === archived) &&
    (parent === undefined || info.parent?.run === parent) &&
    matchesName(filter, info.pipeline) &&
    matchesText(run, filter.text)
  );
}

const isCreatedBy = (creator: string | undefined, wanted: string): boolean =>
  creator !== undefined && (creator === wanted || creatorName(creator) === wanted);

function matchesText({ info, head }: Run, text: string | undefined): boolean {
  if (text === undefined) return true;
  const searched = [
    `${info.pipeline}#${info.number}`,
    info.id,
    info.project,
    info.version,
    ...head.tags,
    head.note ?? '',
    info.createdBy ?? '',
  ]
    .join('\n')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

/** The first `limit` runs of a list, over all its pages. */
export async function runsOfPages(
  readPage: (filter: RunFilter) => Promise<RunListPage>,
  filter: RunFilter,
): Promise<readonly Run[]> {
  const found: Run[] = [];
  const position = filter.order === 'oldest' ? 'after' : 'before';
  for (let next: RunId | null | undefined; next !== null && found.length < filter.limit; ) {
    const page = await readPage({
      ...filter,
      ...(next === undefined ? {} : { [position]: next }),
      limit: filter.limit - found.length,
    });
    found.push(...page.runs);
    next = page.next;
  }
  return found;
}
