/**
 * All concerns, in the order in which their figures are printed.
 *
 * @module
 */
import { abort } from './figures/abort.ts';
import { bundles } from './figures/bundles.ts';
import { chain } from './figures/chain.ts';
import { children } from './figures/children.ts';
import { edge } from './figures/edge.ts';
import type { Concern } from './figures/figure.ts';
import { idle } from './figures/idle.ts';
import { init } from './figures/init.ts';
import { lambdaChain, lambdaMap } from './figures/lambda.ts';
import { map } from './figures/map.ts';
import { recovery } from './figures/recovery.ts';
import { requests } from './figures/requests.ts';
import { retry } from './figures/retry.ts';
import { trainings } from './figures/trainings.ts';

export const CONCERNS: readonly Concern[] = [
  chain,
  map,
  lambdaChain,
  lambdaMap,
  trainings,
  children,
  retry,
  recovery,
  abort,
  requests,
  idle,
  bundles,
  init,
  edge,
];
