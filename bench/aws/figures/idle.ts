/**
 * A month of a deployment without runs: the monthly prices of the resources in its template, the
 * polls of its event sources, and the sweeper.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { HeadraceStack } from '../../../lib/stack.ts';
import { MESSAGE_QUEUES } from '../../../src/aws/deployment/message-queues.ts';
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { MONTHLY, PRICES } from '../prices.ts';
import type { Concern } from './figure.ts';

const HOURS_PER_MONTH = 730;
const SWEEPS_PER_HOUR = 4;
/** An event source of SQS has five parallel polls, each for 20 seconds while no message arrives. */
const PARALLEL_POLLS = 5;
const POLL_SECONDS = 20;
const POLLS_PER_MONTH = (PARALLEL_POLLS * HOURS_PER_MONTH * 3600) / POLL_SECONDS;
/** The queues of delays and of events of Batch. */
const STANDARD_QUEUES = MESSAGE_QUEUES.filter(
  ({ fifo, consumer }) => !fifo && consumer !== null,
).length;
const STANDARD_POLLS = POLLS_PER_MONTH * PRICES['sqs.standard'];

export const idle: Concern = {
  name: 'idle',
  keys: ['price.idle'],
  async collect() {
    const template = synthesized();
    const count = (type: string): number => Object.keys(template.findResources(type)).length;
    const sweep = await costOfSweep();
    const sums: readonly (readonly [string, number])[] = [
      ...monthly('metrics of alarms', alarmMetrics(template), MONTHLY.alarmMetric),
      ...monthly('dashboards', count('AWS::CloudWatch::Dashboard'), MONTHLY.dashboard),
      ...monthly('secrets', count('AWS::SecretsManager::Secret'), MONTHLY.secret),
      ['polls of the FIFO queue of transitions', POLLS_PER_MONTH * PRICES['sqs.fifo']],
      ...monthly('standard queues that are polled', STANDARD_QUEUES, STANDARD_POLLS),
      [`the sweeper, ${SWEEPS_PER_HOUR} times an hour`, HOURS_PER_MONTH * SWEEPS_PER_HOUR * sweep],
    ];
    const value = sums.reduce((total, [, amount]) => total + amount, 0);
    return [
      {
        key: 'price.idle',
        value,
        unit: '$',
        what: 'a month of a deployment without runs, default configuration',
        sums,
      },
    ];
  },
};

/** The metrics that the alarms of a template watch: one each, or those of an expression. */
export function alarmMetrics(template: Template): number {
  const schema = z.object({ Metrics: z.array(z.object({ Expression: z.string().optional() })) });
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).reduce(
    (sum, { Properties }) => {
      const { success, data } = schema.safeParse(Properties);
      return (
        sum +
        (success ? data.Metrics.filter(({ Expression }) => Expression === undefined).length : 1)
      );
    },
    0,
  );
}

const monthly = (
  what: string,
  count: number,
  price: number,
): readonly (readonly [string, number])[] => [[`${count} ${what} at $${price}`, count * price]];

function synthesized(): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
  try {
    return Template.fromStack(
      new HeadraceStack(new App({ outdir }), 'headrace', {
        image: { uri: 'registry.example/steps@sha256:0123' },
      }),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

async function costOfSweep(): Promise<number> {
  const deployment = new CountedDeployment({ workOf: () => ({ durationMs: 0 }) });
  try {
    // The first sweep of an instance also reads the secret, so only the second one counts.
    await deployment.functions.invoke('sweeper', {});
    const before = deployment.ledger.statement();
    await deployment.functions.invoke('sweeper', {});
    return deployment.ledger.statement().since(before).dollars;
  } finally {
    deployment.close();
  }
}
