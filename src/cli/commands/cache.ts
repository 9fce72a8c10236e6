/** `headrace cache list` and `headrace cache clear` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { CacheCommandOptions } from '../option-types.ts';
import { jsonOption, targetOptions } from '../options.ts';

const filterOptions = (): readonly Option[] => [
  new Option('--project <project>', 'only of this project'),
  new Option('--component <name>', 'only of this component'),
];

export const cacheList = defineCommand<[options: CacheCommandOptions]>({
  name: 'cache list',
  description: 'the entries, newest first',
  options: [...filterOptions(), ...targetOptions(), jsonOption()],
  examples: ['headrace cache list --component train'],
  local: async (...params) => (await import('../local/cache.ts')).list(...params),
  remote: async (...params) => (await import('../remote/cache.ts')).list(...params),
});

export const cacheClear = defineCommand<[options: CacheCommandOptions]>({
  name: 'cache clear',
  description: 'remove entries (all, without a filter); artifacts of runs stay',
  options: [
    ...filterOptions(),
    new Option('--key <key>', 'only the entry whose key starts with this'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: ['headrace cache clear', 'headrace cache clear --component train'],
  local: async (...params) => (await import('../local/cache.ts')).clear(...params),
  remote: async (...params) => (await import('../remote/cache.ts')).clear(...params),
});
