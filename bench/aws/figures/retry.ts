/**
 * The number of submissions for failed members of a map: for members that fail within some seconds,
 * and for members that fail throughout the run.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const FAILED_MEMBERS = 100;

export const retry: Concern = {
  name: 'retry',
  keys: ['submit.retry', 'submit.retry.spread'],
  async collect({ quick }) {
    const width = quick ? 1000 : 10_000;
    const middle = width / 2;
    const adjacent = await submissions(
      width,
      (call) => call >= middle && call < middle + FAILED_MEMBERS,
    );
    const spread = await submissions(width, (call) => call % (width / FAILED_MEMBERS) === 0);
    const what = `SubmitJob calls for ${FAILED_MEMBERS} failed members of the map`;
    return [
      {
        key: 'submit.retry',
        value: adjacent,
        unit: 'calls',
        highest: 2,
        what: `${what}, which start one after the other`,
      },
      {
        key: 'submit.retry.spread',
        value: spread,
        unit: 'calls',
        what: `${what}, which are spread over all of it`,
      },
    ];
  },
};

/** Returns the number of SubmitJob calls after the first one. */
async function submissions(width: number, fails: (call: number) => boolean): Promise<number> {
  const deployment = new CountedDeployment({
    workOf: ({ call, attempt }) => ({ durationMs: 1000, fails: attempt === 1 && fails(call) }),
  });
  try {
    const id = await start('map', width);
    await deployment.complete(id);
    return deployment.batch.count('SubmitJobCommand') - 1;
  } finally {
    deployment.close();
  }
}
