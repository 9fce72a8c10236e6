/**
 * Metrics that several alarms use.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

export const FIVE_MINUTES = Duration.minutes(5);

/** Events of a rule that EventBridge neither delivered nor moved to a dead-letter queue. */
export const failedInvocations = ({ ruleName }: Rule): Metric =>
  new Metric({
    namespace: 'AWS/Events',
    metricName: 'FailedInvocations',
    dimensionsMap: { RuleName: ruleName },
    period: FIVE_MINUTES,
    statistic: Stats.SUM,
  });

/** The sum of metrics. A metric has no value in a period without events. */
export function sumOf(metrics: readonly IMetric[], label: string): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: Object.keys(usingMetrics)
      .map((id) => `FILL(${id}, 0)`)
      .join(' + '),
    usingMetrics,
    period: FIVE_MINUTES,
    label,
  });
}

export const throttledRequests = (table: string, metricName: string, index?: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: {
      TableName: table,
      ...(index !== undefined && { GlobalSecondaryIndexName: index }),
    },
    period: FIVE_MINUTES,
    statistic: Stats.SUM,
  });

export const visibleMessages = (queue: IQueue): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({
    period: FIVE_MINUTES,
    statistic: Stats.MAXIMUM,
  });

export const oldestMessageAge = (queue: IQueue): IMetric =>
  queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES, statistic: Stats.MAXIMUM });
