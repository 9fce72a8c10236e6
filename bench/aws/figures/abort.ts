/**
 * How soon a run is ended whose messages wait in their thousands, and with how many requests.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { client, start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

export const abort: Concern = {
  name: 'abort',
  keys: ['abort', 'terminate.map'],
  async take({ quick }) {
    const width = quick ? 1000 : 10_000;
    const world = new World({ workOf: () => ({ milliseconds: 0, reports: 1, endless: true }) });
    try {
      const id = await start('map', width);
      const terminated = () =>
        world.batch.requests.filter(({ command }) => command === 'TerminateJobCommand');
      await world.time.until(() => world.batch.count('SubmitJobCommand') === 1);
      // The controller is held up: all concurrency of the account is taken, say.
      world.transitions.paused = true;
      await world.time.until(() => world.transitions.size >= 2 * width);
      const asked = world.time.now;
      await client.abort(id, 'the benchmark asks for it');
      world.transitions.paused = false;
      world.transitions.poll();
      await world.time.until(() => terminated().length > 0);
      const first = terminated()[0]?.at ?? Number.NaN;
      await world.time.until(() => world.transitions.size === 0);
      const waiting = (2 * width).toLocaleString('en');
      return [
        {
          key: 'abort',
          value: (first - asked) / 1000,
          unit: 's',
          highest: 60,
          what: `abort asked while ${waiting} messages wait, to the first TerminateJob`,
        },
        {
          key: 'terminate.map',
          value: terminated().length,
          unit: 'calls',
          highest: 1,
          what: 'TerminateJob calls of that abort',
        },
      ];
    } finally {
      world.close();
    }
  },
};
