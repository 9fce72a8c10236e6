/**
 * Suggestions for the last term of the filter's text: keys, and values that the loaded runs have.
 *
 * @module
 */
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { shortPrincipal } from '../../format/principals.ts';
import { RUN_STATUSES } from './search.ts';

export interface Suggestion {
  /** The whole text with the suggestion in the place of its last term. */
  readonly value: string;
  readonly label: string;
  readonly hint: string;
}

const HINTS: Readonly<Record<string, string>> = {
  'status:': RUN_STATUSES.join(', '),
  'tag:': 'with this tag',
  'pipeline:': 'of this pipeline',
  'project:': 'of this project and those below it',
  'by:': 'who started it',
  'from:': '7d, 12h or a date',
  'to:': 'a date',
  'archived:': 'include or only',
};

const MAX_SUGGESTIONS = 12;

function valuesOf(key: string, runs: readonly RunSummary[]): readonly string[] {
  switch (key) {
    case 'status':
      return RUN_STATUSES;
    case 'tag':
      return runs.flatMap(({ tags }) => tags);
    case 'pipeline':
      return runs.map(({ pipeline }) => pipeline);
    case 'project':
      return runs.map(({ project }) => project);
    case 'by':
      return runs.flatMap(({ createdBy }) =>
        createdBy === null ? [] : [shortPrincipal(createdBy)],
      );
    case 'from':
      return ['1d', '7d', '30d'];
    case 'archived':
      return ['include', 'only'];
    default:
      return [];
  }
}

export function suggestionsFor(text: string, runs: readonly RunSummary[]): readonly Suggestion[] {
  const start = text.slice(0, text.search(/\S*$/));
  const last = text.slice(start.length);
  const [, key, typed = ''] = /^([a-z]+):(?:.*,)?(.*)$/s.exec(last) ?? [];
  if (key === undefined)
    return Object.entries(HINTS)
      .filter(([name]) => name.startsWith(last))
      .map(([name, hint]) => ({ value: start + name, label: name, hint }));
  const before = last.slice(0, last.length - typed.length);
  // A value that needs quotes is typed.
  const values = [...new Set(valuesOf(key, runs))].filter(
    (value) => value.startsWith(typed) && value !== typed && !/[\s",]/.test(value),
  );
  return values
    .slice(0, MAX_SUGGESTIONS)
    .map((value) => ({ value: start + before + value, label: value, hint: key }));
}
