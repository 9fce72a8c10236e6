/**
 * Metrics of events that the functions log.
 *
 * @module
 */

import { Duration } from 'aws-cdk-lib';
import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** The events that alarms count, as `src/aws` logs them. */
export type AlarmEvent =
  | 'request refused'
  | 'job blocked'
  | 'job waits long'
  | 'events not accepted';

/** The number of log lines with the event within five minutes. */
export function loggedEvents(
  scope: Construct,
  id: string,
  { prefix }: { readonly prefix: string },
  logGroup: LogGroup,
  event: AlarmEvent,
): IMetric {
  return new MetricFilter(scope, id, {
    logGroup,
    metricNamespace: `Headrace/${prefix}`,
    metricName: id,
    filterPattern: FilterPattern.stringValue('$.message.event', '=', event),
    metricValue: '1',
  }).metric({ period: Duration.minutes(5), statistic: Stats.SUM });
}
