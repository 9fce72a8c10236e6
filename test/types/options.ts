/**
 * The lists of options: the compiler reports an option that one of them lacks.
 */
import {
  type CacheKeyOption,
  type ComponentOption,
  data,
  type PipelineOption,
} from '../../src/model/option-table.ts';
import type { ComponentOptions, PipelineOptions } from '../../src/sdk/option-types.ts';
import { same } from './declared.ts';

same<keyof ComponentOptions, ComponentOption>(true);
same<keyof PipelineOptions, PipelineOption>(true);

same<
  CacheKeyOption,
  | 'packages'
  | 'docker'
  | 'dockerArgs'
  | 'dockerBashSetupScript'
  | 'repo'
  | 'repoBranch'
  | 'repoCommit'
  | 'secrets'
  | 'workingDir'
  | 'environment'
  | 'returnValues'
  | 'cache'
>(true);

data({ cacheKey: true });
// @ts-expect-error an option that does not state whether it is part of the cache key
data({});

/** A part of the key for each option that is part of it, as `cache-key.ts` declares. */
type Parts = { readonly [K in CacheKeyOption]: unknown };
declare const parts: Parts;
declare const withoutDocker: Omit<Parts, 'docker'>;
void [
  { ...withoutDocker, docker: 'node:20' } satisfies Parts,
  // @ts-expect-error an option of the key is not handled
  withoutDocker satisfies Parts,
  // @ts-expect-error an option that is not part of the key is handled
  { ...withoutDocker, docker: 'node:20', tags: [] } satisfies Parts,
  parts,
];
