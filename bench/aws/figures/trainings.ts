/**
 * Headrace's own cost of a sweep of trainings, which docs/costs.md compares with that of their
 * compute: a wide map whose members run for ten minutes and report a point each second, in a report
 * a minute.
 *
 * @module
 */
import { TRAINING } from '../comparison.ts';
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const SECOND_MS = 1000;
const MINUTE_SECONDS = 60;

export const trainings: Concern = {
  name: 'trainings',
  keys: ['price.trainings'],
  async collect({ quick }) {
    const width = quick ? 100 : TRAINING.count;
    const deployment = new CountedDeployment({
      workOf: () => ({
        durationMs: TRAINING.seconds * SECOND_MS,
        reports: TRAINING.seconds / MINUTE_SECONDS,
        reportOf: (_, sequence) => ({
          points: Array.from({ length: MINUTE_SECONDS }, (__, second) => ({
            title: 'loss',
            series: 'train',
            iteration: sequence * MINUTE_SECONDS + second,
            value: 1 / (1 + second),
            at: deployment.time.now(),
          })),
        }),
      }),
      startsPerSecond: 20,
    });
    try {
      await deployment.complete(await start('map', width));
      await deployment.time.pass(120 * SECOND_MS);
      const statement = deployment.ledger.statement();
      return [
        {
          key: 'price.trainings',
          value: (statement.dollars / width) * TRAINING.count,
          unit: '$',
          highest: 0.025,
          what: `of Headrace for ${TRAINING.count.toLocaleString('en')} trainings of ten minutes with ${TRAINING.seconds} points each, counted for ${width.toLocaleString('en')}`,
          parts: { statement, steps: width },
        },
      ];
    } finally {
      deployment.close();
    }
  },
};
