/**
 * What a wide map costs, and how long it takes beside the starts of its containers.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const SECOND = 1000;
const STARTS_PER_SECOND = 20;

export const map: Concern = {
  name: 'map',
  keys: ['price.map', 'submit.map', 'map.wall'],
  async take({ quick }) {
    const width = quick ? 1000 : 10_000;
    const world = new World({
      workOf: () => ({ milliseconds: SECOND }),
      startsPerSecond: STARTS_PER_SECOND,
    });
    try {
      const begun = world.time.now;
      const id = await start('map', width);
      await world.complete(id);
      const wall = (world.time.now - begun) / SECOND - width / STARTS_PER_SECOND;
      await world.time.pass(120 * SECOND);
      const statement = world.ledger.statement();
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
          value: world.batch.count('SubmitJobCommand'),
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
      world.close();
    }
  },
};
