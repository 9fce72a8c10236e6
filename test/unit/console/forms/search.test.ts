import { describe, expect, it } from 'vitest';
import { parseSearch, stringifySearch } from '../../../../console/src/address/search.ts';
import {
  argumentParams,
  argumentsOf,
  newRunSearch,
} from '../../../../console/src/screens/new-run/search.ts';
import { requestOf } from '../../../../console/src/screens/new-run/start-run.ts';

describe('the address of the form of a run', () => {
  it('arguments survive the address, whatever characters they have', () => {
    const texts = { title: 'a b&c=d#e', sizes: '[1,2]', empty: '', 'odd name': '✓' };
    const search = newRunSearch(parseSearch(stringifySearch(argumentParams(texts))));
    expect(argumentsOf(search)).toEqual(texts);
  });

  it('parameters that the form does not know are dropped', () => {
    const search = newRunSearch({ pipeline: 'iris', other: 'x', rerun: 'yes', cache: '1' });
    expect(Object.entries(search).filter(([, value]) => value !== undefined)).toEqual([
      ['pipeline', 'iris'],
    ]);
  });
});

const content = {
  project: 'demo',
  pipeline: 'iris',
  version: undefined,
  args: {},
  tags: [],
  noCache: false,
  defaultQueue: undefined,
  rerunOf: undefined,
  step: undefined,
};

describe('the request of the form of a run', () => {
  it('a new run has its arguments, and only the options that are set', () => {
    expect(requestOf({ ...content, args: { depth: 8 } })).toEqual({
      kind: 'new',
      body: { project: 'demo', pipeline: 'iris', args: { depth: 8 } },
    });
  });

  it('a rerun without other arguments keeps those of the run, and its seed', () => {
    expect(requestOf({ ...content, rerunOf: 'r1', step: 'train' })).toEqual({
      kind: 'rerun',
      run: 'r1',
      body: { noCache: false, from: 'train' },
    });
  });
});
