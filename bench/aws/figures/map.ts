/**
 * The cost of a wide map, and its duration beyond the starts of its containers.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const SECOND_MS = 1000;
const STARTS_PER_SECOND = 20;

export const map: Concern = {
  name: 'map',
  keys: ['price.map', 'submit.map', 'map.wall'],
  async collect({ quick }) {
    const width = quick ? 1000 : 10_000;
    const deployment = new CountedDeployment({
      workOf: () => ({ durationMs: SECOND_MS }),
      startsPerSecond: STARTS_PER_SECOND,
    });
    try {
      const startedAt = deployment.time.now();
      const id = await start('map', width);
      await deployment.complete(id);
      const wall = (deployment.time.now() - startedAt) / SECOND_MS - width / STARTS_PER_SECOND;
      await deployment.time.pass(120 * SECOND_MS);
      const statement = deployment.ledger.statement();
      const what = `per 1,000 steps of a map of ${width.toLocaleString('en')}`;
      return [
        {
          key: 'price.map',
          value: (statement.dollars / width) * 1000,
          unit: '$',
          highest: 0.006,
          what,
          parts: { statement, steps: width },
        },
        {
          key: 'submit.map',
          value: deployment.batch.count('SubmitJobCommand'),
          unit: 'calls',
          highest: 1,
          what: 'SubmitJob calls of the map',
        },
        {
          key: 'map.wall',
          value: wall,
          unit: 's',
          highest: 60,
          what: 'from the request to the end of the run, beyond the starts of the containers',
        },
      ];
    } finally {
      deployment.close();
    }
  },
};
