/**
 * Failed members of a map are launched again together: those that fail within some seconds, and
 * those that fail now and then over the whole run.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const FAILED = 100;

export const retry: Concern = {
  name: 'retry',
  keys: ['submit.retry', 'submit.retry.spread'],
  async take({ quick }) {
    const width = quick ? 1000 : 10_000;
    const middle = width / 2;
    const together = await submissions(width, (call) => call >= middle && call < middle + FAILED);
    const spread = await submissions(width, (call) => call % (width / FAILED) === 0);
    const what = `SubmitJob calls for ${FAILED} failed members of the map`;
    return [
      {
        key: 'submit.retry',
        value: together,
        unit: 'calls',
        highest: 2,
        what: `${what}, started one after the other`,
      },
      {
        key: 'submit.retry.spread',
        value: spread,
        unit: 'calls',
        what: `${what}, spread over all of it`,
      },
    ];
  },
};

/** Beyond the first one. */
async function submissions(width: number, fails: (call: number) => boolean): Promise<number> {
  const world = new World({
    workOf: ({ call, attempt }) => ({ milliseconds: 1000, fails: attempt === 1 && fails(call) }),
  });
  try {
    const id = await start('map', width);
    await world.complete(id);
    return world.batch.count('SubmitJobCommand') - 1;
  } finally {
    world.close();
  }
}
