/**
 * Failed members of a map are launched again together.
 *
 * @module
 */
import { start } from '../world/pipelines.ts';
import { World } from '../world/world.ts';
import type { Concern } from './figure.ts';

const FAILED = 100;

export const retry: Concern = {
  name: 'retry',
  keys: ['submit.retry'],
  async take({ quick }) {
    const width = quick ? 1000 : 10_000;
    const every = width / FAILED;
    const world = new World({ workOf: ({ call, attempt }) => ({ milliseconds: 1000, fails: attempt === 1 && call % every === 0 }) });
    try {
      const id = await start('map', width);
      await world.complete(id);
      const again = world.batch.count('SubmitJobCommand') - 1;
      return [{ key: 'submit.retry', value: again, unit: 'calls', highest: 2, what: `SubmitJob calls for ${FAILED} failed members of the map` }];
    } finally {
      world.close();
    }
  },
};
