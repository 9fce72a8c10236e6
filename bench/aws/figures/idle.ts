/**
 * A month of a deployment that nobody uses: what its template has that is paid by the month, what
 * its event sources ask, and what the sweeper does.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HeadraceStack } from '../../../lib/stack.ts';
import { World } from '../deployment/counted-deployment.ts';
import { MONTHLY, PRICES } from '../prices.ts';
import type { Concern } from './figure.ts';

const HOURS = 730;
const SWEEPS_AN_HOUR = 4;
/**
 * An event source of SQS asks five times at once, each time for 20 seconds, while nothing comes.
 */
const POLLERS = 5;
const POLLS = (POLLERS * HOURS * 3600) / 20;

export const idle: Concern = {
  name: 'idle',
  keys: ['price.idle'],
  async take() {
    const template = synthesized();
    const count = (type: string): number => Object.keys(template.findResources(type)).length;
    const sweep = await costOfSweep();
    const sums: readonly (readonly [string, number])[] = [
      ...monthly('alarms', count('AWS::CloudWatch::Alarm'), MONTHLY.alarm),
      ...monthly('dashboards', count('AWS::CloudWatch::Dashboard'), MONTHLY.dashboard),
      ...monthly('secrets', count('AWS::SecretsManager::Secret'), MONTHLY.secret),
      ['polls of the FIFO queue of transitions', POLLS * PRICES['sqs.fifo']],
      ['polls of the queue of delays', POLLS * PRICES['sqs.standard']],
      [`the sweeper, ${SWEEPS_AN_HOUR} times an hour`, HOURS * SWEEPS_AN_HOUR * sweep],
    ];
    const value = sums.reduce((total, [, amount]) => total + amount, 0);
    return [
      {
        key: 'price.idle',
        value,
        unit: '$',
        what: 'a month of a deployment that nobody uses, default configuration',
        sums,
      },
    ];
  },
};

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
  const world = new World({ workOf: () => ({ milliseconds: 0 }) });
  try {
    // The first one reads the secret, too; an instance lives for many.
    await world.functions.invoke('sweeper', {});
    const before = world.ledger.statement();
    await world.functions.invoke('sweeper', {});
    return world.ledger.statement().since(before).dollars;
  } finally {
    world.close();
  }
}
