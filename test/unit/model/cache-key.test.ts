import { describe, expect, it } from 'vitest';
import { type CacheKeyInput, cacheKeyOf } from '../../../src/model/cache-key.ts';
import { componentDeclarationSchema } from '../../../src/model/options.ts';

const NO_OPTIONS = { id: 'main.ts#load', name: 'load', returnValues: ['rows'] };

const HASH = 'a'.repeat(64);

const ALL_OPTIONS = {
  ...NO_OPTIONS,
  cache: { ttl: 60, salt: 'spring' },
  packages: ['csv-parse@^5'],
  docker: 'node:20',
  dockerArgs: '--ipc=host',
  dockerBashSetupScript: 'apt-get update',
  repo: 'https://example.com/r.git',
  repoBranch: 'main',
  repoCommit: 'abc',
  secrets: { DB_USER: 'team/database:user', DB_PASSWORD: 'team/database:password' },
  workingDir: 'src',
};

const key = (options: unknown, over: Partial<CacheKeyInput> = {}): string =>
  cacheKeyOf({
    project: 'default',
    codeHash: 'c0de',
    packages: [{ name: 'csv-parse', version: '5.5.0' }],
    options: componentDeclarationSchema.parse(options),
    serializersHash: null,
    args: { format: 'json', text: '["x",null]' },
    refs: [
      { path: [1], value: { format: 'cbor', key: 'p/a', size: 3, hash: 'fade' } },
      { path: [2], value: null },
    ],
    ...over,
  });

describe('the cache key of a step', () => {
  it('the cache key of a component without options is the one that earlier versions computed', () => {
    expect(key(NO_OPTIONS)).toBe(
      'a54d923d73a11d1b1c2e377cbca4f6864496fb3505c5a2e47b261ce336498e04',
    );
  });

  it('the cache key of a component with every option is the one that earlier versions computed', () => {
    expect(key(ALL_OPTIONS, { serializersHash: 'feed' })).toBe(
      '66923b03fd99a42d41a18deedcd08a82a0f77dd6d0bfe44d46dfc11bb764a873',
    );
  });

  it.each([
    ['packages', ['csv-parse@^6']],
    ['docker', 'node:22'],
    ['dockerArgs', '--ipc=none'],
    ['dockerBashSetupScript', 'true'],
    ['repo', 'https://example.com/other.git'],
    ['repoBranch', 'next'],
    ['repoCommit', 'def'],
    ['repoPatch', { hash: HASH, key: `code/${HASH}.patch`, size: 1, files: 1 }],
    ['secrets', { DB_USER: 'team/other:user' }],
    ['workingDir', 'lib'],
    ['cache', { salt: 'summer' }],
    ['returnValues', ['table']],
  ])('the cache key changes with the option %s', (option, value) => {
    expect(key({ ...ALL_OPTIONS, [option]: value })).not.toBe(key(ALL_OPTIONS));
  });

  it.each([
    ['name', 'read'],
    ['resources', { cpu: 4 }],
    ['executionQueue', 'gpu'],
    ['retryOnFailure', 3],
    ['timeoutSeconds', 60],
    ['tags', ['nightly']],
    ['cache', { ttl: 5, salt: 'spring', mode: 'refresh' }],
    ['secrets', { DB_PASSWORD: 'team/database:password', DB_USER: 'team/database:user' }],
  ])(
    'the cache key does not change with the option %s, or the order of its fields',
    (option, value) => {
      expect(key({ ...ALL_OPTIONS, [option]: value })).toBe(key(ALL_OPTIONS));
    },
  );
});
