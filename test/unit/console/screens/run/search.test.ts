import { expect, it } from 'vitest';
import { parseSearch, stringifySearch } from '../../../../../console/src/address/search.ts';
import {
  graphSearchOf,
  numbersOfRange,
  runSearch,
} from '../../../../../console/src/screens/run/search.ts';

it('the parameters of an address are read, and written again', () => {
  const text =
    '?tab=logs&step=40&attempt=2&find=loss&sort=-duration&status=failed&status=skipped&follow=false&calls=3-9';
  const search = runSearch(parseSearch(text));
  expect(search).toMatchObject({
    tab: 'logs',
    step: 40,
    attempt: 2,
    find: 'loss',
    sort: '-duration',
    status: ['failed', 'skipped'],
    follow: false,
    calls: '3-9',
  });
  expect(runSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
});

it('unknown and invalid parameters are dropped', () => {
  const search = runSearch(
    parseSearch(
      '?tab=x&step=-1&attempt=1.5&status=x&x=y&constructor=1&calls=9&range=a-b&smooth=NaN',
    ),
  );
  expect(Object.values(search).filter((value) => value !== undefined)).toEqual([]);
});

it('the graph receives an order of its own only', () => {
  expect(graphSearchOf({ sort: '-duration', step: 3 })).toMatchObject({ sort: undefined, step: 3 });
  expect(graphSearchOf({ sort: 'start' }).sort).toBe('start');
});

it('a range of an address is two numbers', () => {
  expect(numbersOfRange('3-9')).toEqual({ first: 3, last: 9 });
  expect(numbersOfRange(undefined)).toBeUndefined();
});
