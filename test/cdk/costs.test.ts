/**
 * The resources of an idle deployment that cost money are those that docs/costs.md lists.
 *
 * @module
 */
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { alarmMetrics } from '../../bench/aws/figures/idle.ts';
import { read, tableRows } from '../docs/markdown.ts';
import { newStack, resourcesIn, written } from './synthesized.ts';

it('docs/costs.md counts the alarms, the dashboard, the secret and the polled queues of the default deployment', () => {
  const template = Template.fromStack(newStack().stack);
  const items = tableRows(read('docs/costs.md'), 'A month of a deployment without runs').map(
    ([item]) => item,
  );
  const count = (type: string) => resourcesIn(template, type).length;
  const alarms = count('AWS::CloudWatch::Alarm');
  expect(items).toContain(`${alarmMetrics(template)} metrics of ${alarms} alarms`);
  expect(alarmMetrics(template)).toBeGreaterThan(alarms);
  expect(items).toContain(`${count('AWS::CloudWatch::Dashboard')} dashboard`);
  expect(items).toContain(`${count('AWS::SecretsManager::Secret')} secret`);
  const polled = resourcesIn(template, 'AWS::Lambda::EventSourceMapping').map(
    ({ EventSourceArn }) => written(EventSourceArn),
  );
  expect(polled.sort()).toEqual([
    '${TransitionsDelays.Arn}',
    '${TransitionsFirings.Arn}',
    '${TransitionsJobEvents.Arn}',
    '${TransitionsQueue.Arn}',
  ]);
  expect(items.filter((item) => item?.startsWith('polls of'))).toEqual([
    'polls of the FIFO queue',
    'polls of the queues of delays, of events of Batch, and of firings',
  ]);
});
