import { expect, it } from 'vitest';
import { parseSearch, stringifySearch } from '../../../../../console/src/address/search.ts';
import { graphSearchOf } from '../../../../../console/src/screens/run/graph-search.ts';
import { withZoom, zoomOf } from '../../../../../console/src/screens/run/metrics/zoom.ts';
import { runSearch } from '../../../../../console/src/screens/run/search.ts';
import { numbersOfRange } from '../../../../../console/src/screens/run/steps-rows.ts';
import { stepSearch } from '../../../../../console/src/screens/step/search.ts';

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

it('the zoom of a chart is kept in the address by its metric', () => {
  const one = withZoom(undefined, 'loss/a@b', { from: 10, to: 0.123456789 });
  expect(one).toEqual(['loss/a@b@10~0.12345679']);
  const two = withZoom(one, 'lr/lr', { from: 1_700_000_000_123.4, to: 1e21 });
  expect(zoomOf(two, 'lr/lr')).toEqual({ from: 1_700_000_000_123, to: 1e21 });
  expect(zoomOf(two, 'loss/a@b')).toEqual({ from: 10, to: 0.12345679 });
  expect(zoomOf(two, 'loss')).toBeNull();
  expect(runSearch(parseSearch(stringifySearch({ zoom: two }))).zoom).toEqual(two);
  expect(withZoom(withZoom(two, 'lr/lr', null), 'loss/a@b', null)).toBeUndefined();
  expect(runSearch(parseSearch('?zoom=loss&zoom=loss@1~x')).zoom).toBeUndefined();
});

it('the page of a step reads the parameters of its tabs', () => {
  const search = stepSearch(parseSearch('?tab=metrics&x=relative&smooth=60&zoom=loss/@0~9'));
  expect(search).toMatchObject({ tab: 'metrics', x: 'relative', smooth: 60, zoom: ['loss/@0~9'] });
  expect(stepSearch(parseSearch('?tab=artifacts&name=model:best')).name).toBe('model:best');
});
