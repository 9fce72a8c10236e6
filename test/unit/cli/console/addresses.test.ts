import { expect, it } from 'vitest';
import { localOrigin, pagePath, signInUrl } from '../../../../src/cli/console/addresses.ts';

it.each([
  ['http://127.0.0.1:4750', '', 'http://127.0.0.1:4750/console/#code=abc'],
  ['http://0.0.0.0:80', 'runs/1', 'http://127.0.0.1/console/runs/1#code=abc'],
  ['http://[::]:4750', 'runs/1?tab=logs', 'http://[::1]:4750/console/runs/1?tab=logs#code=abc'],
])('the address of a page on %s: %s', (endpoint, path, url) => {
  expect(signInUrl(endpoint, 'abc', path)).toBe(url);
});

it('an address of this machine is kept as it is', () => {
  expect(localOrigin('http://192.168.1.5:4750')).toBe('http://192.168.1.5:4750');
});

it.each([
  [undefined, ''],
  ['runs/01m8?tab=logs', 'runs/01m8?tab=logs'],
  ['/console/pipelines/iris', 'pipelines/iris'],
  ['compare?runs=a,b', 'compare?runs=a,b'],
  ['iris#7', 'runs/the-run-iris%237'],
  ['runs#latest', 'runs/the-run-runs%23latest'],
  ['new-pipeline#1', 'runs/the-run-new-pipeline%231'],
])('%s names the page %s', async (reference, path) => {
  expect(await pagePath(reference, async (text) => `the-run-${text}`)).toBe(path);
});
