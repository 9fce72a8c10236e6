/**
 * The delay of an abort while thousands of messages wait, and the number of its requests.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { client, start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

export const abort: Concern = {
  name: 'abort',
  keys: ['abort', 'terminate.map'],
  async collect({ quick }) {
    const width = quick ? 1000 : 10_000;
    const deployment = new CountedDeployment({
      workOf: () => ({ durationMs: 0, reports: 1, endless: true }),
    });
    try {
      const id = await start('map', width);
      const terminations = () =>
        deployment.batch.requests.filter(({ command }) => command === 'TerminateJobCommand');
      await deployment.time.until(() => deployment.batch.count('SubmitJobCommand') === 1);
      // The controller is not invoked, as when the account's concurrency is exhausted.
      deployment.transitions.paused = true;
      await deployment.time.until(() => deployment.transitions.size >= 2 * width);
      const requestedAt = deployment.time.now();
      await client.abort(id, 'requested by the benchmark');
      deployment.transitions.paused = false;
      deployment.transitions.poll();
      await deployment.time.until(() => terminations().length > 0);
      const terminatedAt = terminations()[0]?.at ?? Number.NaN;
      await deployment.time.until(() => deployment.transitions.size === 0);
      const waiting = (2 * width).toLocaleString('en');
      return [
        {
          key: 'abort',
          value: (terminatedAt - requestedAt) / 1000,
          unit: 's',
          highest: 60,
          what: `from an abort request while ${waiting} messages wait to the first TerminateJob`,
        },
        {
          key: 'terminate.map',
          value: terminations().length,
          unit: 'calls',
          highest: 1,
          what: 'TerminateJob calls of that abort',
        },
      ];
    } finally {
      deployment.close();
    }
  },
};
