/**
 * The filter of runs as one text: `status:failed,aborted tag:prod by:mina from:7d loss<0.2 words`.
 * A value with blanks is in double quotes.
 *
 * @module
 */
import { conditionText, parseCondition } from './conditions.ts';
import { ARCHIVED, isTimeBound, RUN_STATUSES, type RunsFilter } from './search.ts';

export interface ParsedFilter {
  readonly filter: RunsFilter;
  /** A sentence for each part that has no meaning. */
  readonly problems: readonly string[];
}

/** The keys of terms, in the order in which they are written. */
export const FILTER_KEYS = [
  'project',
  'pipeline',
  'status',
  'tag',
  'by',
  'from',
  'to',
  'archived',
] as const;
type Key = (typeof FILTER_KEYS)[number];

const quote = (text: string): string =>
  /[\s",]/.test(text) || text === '' ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : text;

/** The parts of a text at blanks that are not in quotes. A quoted part is not a key or a condition. */
function* partsOf(text: string): Generator<{ readonly text: string; readonly isQuoted: boolean }> {
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/gs)) {
    const raw = match[0];
    yield { text: raw, isQuoted: raw.startsWith('"') };
  }
}

/** The values of `a,"b c"`. */
function valuesOf(text: string): readonly string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"?|[^,"]+/gs)) {
    const value = match[1] === undefined ? match[0] : match[1].replaceAll(/\\(.)/gs, '$1');
    if (value !== '') found.push(value);
  }
  return found;
}

/** The text of a filter. `parseFilter` is its inverse. */
export function filterText(filter: RunsFilter): string {
  const terms = FILTER_KEYS.flatMap((key) => {
    const value = filter[key];
    if (value === undefined) return [];
    return [`${key}:${[value].flat().map(quote).join(',')}`];
  });
  const words = (filter.q ?? '').split(/\s+/).filter((word) => word !== '');
  return [...terms, ...(filter.where ?? []), ...words.map(quoteWord)].join(' ');
}

/** A word that would be a term is quoted. */
const quoteWord = (word: string): string =>
  /["\\]/.test(word) || keyOf(word) !== undefined || parseCondition(word) !== undefined
    ? `"${word.replaceAll(/["\\]/g, '\\$&')}"`
    : word;

function keyOf(part: string): Key | undefined {
  const name = /^([a-z]+):/.exec(part)?.[1];
  return FILTER_KEYS.find((key) => key === name);
}

type Draft = { -readonly [K in keyof RunsFilter]: RunsFilter[K] };

export function parseFilter(text: string): ParsedFilter {
  const filter: Draft = {};
  const problems: string[] = [];
  const words: string[] = [];
  for (const part of partsOf(text)) {
    const key = part.isQuoted ? undefined : keyOf(part.text);
    const condition = part.isQuoted ? undefined : parseCondition(part.text);
    if (key !== undefined) {
      const problem = addTerm(filter, key, valuesOf(part.text.slice(key.length + 1)));
      if (problem !== undefined) problems.push(problem);
    } else if (condition !== undefined)
      filter.where = [...(filter.where ?? []), conditionText(condition)];
    else words.push(...valuesOf(part.isQuoted ? part.text : part.text.replaceAll(',', ' ')));
  }
  const q = words.join(' ').replaceAll(/\s+/g, ' ').trim();
  if (q !== '') filter.q = q;
  return { filter, problems };
}

/** Adds a term to the filter, or returns why it has no meaning. */
function addTerm(filter: Draft, key: Key, values: readonly string[]): string | undefined {
  const [value] = values;
  if (value === undefined) return `${key}: has no value.`;
  switch (key) {
    case 'status': {
      const known = RUN_STATUSES.filter((each) => values.includes(each));
      if (known.length > 0) filter.status = known;
      const other = values.find((each) => !RUN_STATUSES.some((status) => status === each));
      return other === undefined
        ? undefined
        : `${other} is no status of a run: ${RUN_STATUSES.join(', ')}.`;
    }
    case 'tag':
      filter.tag = [...new Set([...(filter.tag ?? []), ...values])];
      return undefined;
    case 'from':
    case 'to':
      if (!isTimeBound(value)) return `${key}: takes a date, as 2026-11-28, or an age, as 7d.`;
      filter[key] = value;
      return undefined;
    case 'archived': {
      const known = ARCHIVED.find((each) => each === value);
      if (known === undefined) return `archived: takes ${ARCHIVED.join(' or ')}.`;
      filter.archived = known;
      return undefined;
    }
    default:
      filter[key] = value;
      return undefined;
  }
}
