import { describe, expect, it } from 'vitest';
import { codeText, numberedLines } from '../../../../console/src/format/code-text.ts';
import { reasonText } from '../../../../console/src/screens/cache/reason-text.ts';
import { causeText } from '../../../../console/src/screens/schedules/cause-text.ts';
import type { ScheduleSpec } from '../../../../src/model/schedule.ts';

const spec: Omit<ScheduleSpec, 'cron'> = {
  project: 'demo',
  pipeline: 'iris',
  name: 'nightly',
  args: {},
  tags: [],
  paused: false,
  missed: 'skip',
};

describe('texts of lists', () => {
  it.each([
    [{ cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin' }, '0 3 * * 1-5, Europe/Berlin'],
    [{ cron: '0 3 * * *' }, '0 3 * * *, UTC'],
    [{ every: '6h' }, 'every 6h'],
    [{ after: { pipeline: 'load', status: 'failed' } }, 'after load failed'],
    [{ object: { bucket: 'data', prefix: 'in/', suffix: '.csv' } }, 'an object s3://data/in/….csv'],
  ] as const)('the cause of a schedule %j is %s', (cause, text) => {
    expect(causeText({ ...spec, ...cause })).toBe(text);
  });

  it('the reason of a miss names the parts of the key that differ', () => {
    expect(
      reasonText({
        step: 'train',
        component: 'train',
        status: 'completed',
        cacheKey: 'k',
        decision: 'computed',
        reason: 'no equal call is cached.',
        origin: null,
        comparedWith: null,
        differences: [
          { part: 'argument', name: 'depth', before: '6', now: '8', details: [] },
          { part: 'code', name: null, before: null, now: null, details: ['changed: fit'] },
        ],
      }),
    ).toBe('no equal call is cached. · argument depth: 6 → 8 · code (changed: fit)');
  });

  it('code is shown as its source if that is on record, else as its bundle', () => {
    expect(
      codeText({
        bundle: 'x',
        sources: [
          {
            file: 'src/a.ts',
            parts: [
              { line: 3, text: 'one\n' },
              { line: 9, text: 'two' },
            ],
          },
          { file: 'src/b.ts', parts: [{ line: 1, text: 'three' }] },
        ],
      }),
    ).toBe('// src/a.ts\none\ntwo\n\n// src/b.ts\nthree');
    expect(codeText({ bundle: 'x', sources: [] })).toBe('x');
    expect(codeText({ bundle: null, sources: [] })).toBeUndefined();
  });
});

describe('code with the numbers of its lines', () => {
  it('has a number for each line from the first, and shows invisible characters', () => {
    expect(numberedLines('a\r\n\n  b\u202e\n', 9)).toEqual({
      numbers: '9\n10\n11',
      text: 'a\n\n  b‹U+202E›',
    });
  });
});
