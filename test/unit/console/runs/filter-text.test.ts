import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterText, parseFilter } from '../../../../console/src/screens/runs/filter-text.ts';
import {
  RUN_STATUSES,
  runsSearch,
  timeBound,
} from '../../../../console/src/screens/runs/search.ts';

describe('the filter of runs as a text', () => {
  it('has terms, conditions and words', () => {
    expect(parseFilter('status:failed,aborted tag:prod by:mina loss<0.2 nightly forecast')).toEqual(
      {
        filter: {
          status: ['failed', 'aborted'],
          tag: ['prod'],
          by: 'mina',
          where: ['loss<0.2'],
          q: 'nightly forecast',
        },
        problems: [],
      },
    );
  });

  it('a value with blanks, commas or quotes is quoted', () => {
    const filter = { tag: ['a b', 'c,d', 'say "x"'], project: 'team/one' };
    expect(filterText(filter)).toBe('project:team/one tag:"a b","c,d","say \\"x\\""');
    expect(parseFilter(filterText(filter)).filter).toEqual(filter);
  });

  it.each([
    ['status:broken', 'broken is no status of a run: queued, running'],
    ['from:yesterday', 'from: takes a date'],
    ['tag:', 'tag: has no value.'],
    ['archived:maybe', 'archived: takes include or only.'],
  ])('%s is refused with a sentence', (text, sentence) => {
    const { problems } = parseFilter(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it('a key that is not known, and a term in quotes, are words', () => {
    expect(parseFilter('http://example.org "tag:prod"').filter).toEqual({
      q: 'http://example.org tag:prod',
    });
  });

  const word = fc.stringMatching(/^[^\s\\]{1,12}$/);
  const filters = fc.record(
    {
      project: fc.string({ minLength: 1 }),
      pipeline: fc.string({ minLength: 1 }),
      by: fc.string({ minLength: 1 }),
      tag: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
      status: fc
        .subarray([...RUN_STATUSES], { minLength: 1 })
        .map((some) => RUN_STATUSES.filter((each) => some.includes(each))),
      from: fc.constantFrom('7d', '2026-11-28', '2026-11-28T09:58:00Z'),
      archived: fc.constantFrom('include', 'only'),
      where: fc.constantFrom(['loss<0.2'], ['depth=8', 'lr!=0.1']),
      q: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
    },
    { requiredKeys: [] },
  );

  it('any filter survives its text', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        // A comma separates values, and in words it separates words.
        fc.pre(!(filter.q ?? '').includes(','));
        expect(parseFilter(filterText(filter))).toEqual({ filter, problems: [] });
      }),
    );
  });

  it('any text is read without an error, and its filter is one of an address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { filter } = parseFilter(text);
        const valid = Object.entries(runsSearch({ ...filter })).filter(
          ([, value]) => value !== undefined,
        );
        expect(Object.keys(filter).sort()).toEqual(valid.map(([key]) => key).sort());
      }),
    );
  });
});

describe('bounds of time in the filter of runs', () => {
  const now = Date.UTC(2026, 10, 28, 9, 58, 30);

  it('an age counts back from the current minute, so that the address of a request is stable', () => {
    expect(timeBound('7d', now)).toBe('2026-11-21T09:58:00.000Z');
    expect(timeBound('7d', now + 20_000)).toBe('2026-11-21T09:58:00.000Z');
    expect(timeBound('30m', now)).toBe('2026-11-28T09:28:00.000Z');
    expect(timeBound('2026-11-28', now)).toBe('2026-11-28T00:00:00.000Z');
  });
});
