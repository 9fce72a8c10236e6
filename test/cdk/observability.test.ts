/**
 * Alarms, who may send them, and what is observed in addition on request: traces and detailed
 * metrics.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { functionIn, resourcesIn, statementsByRole, templateOf, written } from './synthesized.ts';

const FUNCTIONS = ['api', 'controller', 'evaluator', 'router', 'schedules', 'sweeper'];

let template: Template;
beforeAll(() => {
  template = templateOf({ alarms: { email: 'ml@example.org' } });
});

const dimensionsSchema = z
  .array(z.object({ Name: z.string(), Value: z.unknown() }))
  .default([])
  .transform((dimensions) => dimensions.map(({ Name, Value }) => `${Name}=${written(Value)}`));
const alarmSchema = z.looseObject({
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensionsSchema,
  Threshold: z.number(),
  AlarmActions: z.array(z.unknown()),
  Metrics: z
    .array(
      z.looseObject({
        Expression: z.string().optional(),
        MetricStat: z
          .object({
            Metric: z.object({ MetricName: z.string(), Dimensions: dimensionsSchema }),
            Stat: z.string(),
          })
          .loose()
          .optional(),
      }),
    )
    .optional(),
});
const alarmsIn = (of: Template) =>
  resourcesIn(of, 'AWS::CloudWatch::Alarm').map((alarm) => alarmSchema.parse(alarm));
/** `metric dimension ≥ threshold` */
const lines = (of: Template, metric: string) =>
  alarmsIn(of)
    .filter(({ MetricName }) => MetricName === metric)
    .map(({ Dimensions, Threshold }) => `${Dimensions.join()} ≥ ${Threshold}`)
    .sort();

describe('alarms', () => {
  it('every alarm notifies the topic of the configured address', () => {
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    for (const { AlarmActions } of alarmsIn(template))
      expect(AlarmActions).toEqual([{ Ref: topic }]);
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ml@example.org',
    });
    expect(resourcesIn(template, 'AWS::CloudWatch::Dashboard')).toHaveLength(1);
  });

  it('CloudWatch may publish to the topic for alarms of this account only', () => {
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    const [policy] = resourcesIn(template, 'AWS::SNS::TopicPolicy');
    const { PolicyDocument, Topics } = z
      .looseObject({
        PolicyDocument: z
          .object({ Statement: z.array(z.looseObject({ Effect: z.string() })) })
          .loose(),
        Topics: z.array(z.unknown()),
      })
      .parse(policy);
    expect(Topics).toEqual([{ Ref: topic }]);
    expect(PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'AllowAlarms',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: topic },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    expect(JSON.stringify(PolicyDocument)).toContain('"aws:SecureTransport":"false"');
  });

  it('alarms exist for messages that wait or were given up', () => {
    expect(lines(template, 'ApproximateNumberOfMessagesVisible')).toEqual([
      'QueueName=${TransitionsDeadLetters.QueueName} ≥ 1',
      'QueueName=${TransitionsUndelivered.QueueName} ≥ 1',
    ]);
    expect(lines(template, 'ApproximateAgeOfOldestMessage')).toEqual([
      'QueueName=${TransitionsDelays.QueueName} ≥ 1800',
      'QueueName=${TransitionsFirings.QueueName} ≥ 1800',
      'QueueName=${TransitionsJobEvents.QueueName} ≥ 900',
      'QueueName=${TransitionsQueue.QueueName} ≥ 900',
    ]);
  });

  it('alarms exist for schedules that were dropped, and for lost events of each rule', () => {
    expect(lines(template, 'InvocationDroppedCount')).toEqual([
      'ScheduleGroup=headrace-Headrace-ScheduleTimers-Group-FF0B085F ≥ 1',
      'ScheduleGroup=headrace-Headrace-Transitions-Schedules-1A04D2FF ≥ 1',
    ]);
    const rules = Object.keys(template.findResources('AWS::Events::Rule'));
    expect(rules.length).toBeGreaterThanOrEqual(2);
    expect(lines(template, 'FailedInvocations')).toEqual(
      rules.map((rule) => `RuleName=${written({ Ref: rule })} ≥ 1`).sort(),
    );
  });

  it('alarms exist for throttled reads and writes of each table, and writes of its indexes', () => {
    const throttled = alarmsIn(template).flatMap(({ Metrics = [], Threshold }) => {
      const stats = Metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
      return stats.some(({ Metric }) => Metric.MetricName === 'WriteThrottleEvents')
        ? [
            {
              Threshold,
              expression: Metrics.find(({ Expression }) => Expression !== undefined)?.Expression,
              metrics: stats.map(
                ({ Metric: { MetricName, Dimensions }, Stat }) =>
                  `${Stat} ${MetricName} ${[...Dimensions].sort().join()}`,
              ),
            },
          ]
        : [];
    });
    const metricsOf = (table: string, indexes: readonly string[]) => [
      `Sum ReadThrottleEvents TableName=\${Storage${table}}`,
      `Sum WriteThrottleEvents TableName=\${Storage${table}}`,
      ...indexes.map(
        (index) =>
          `Sum WriteThrottleEvents GlobalSecondaryIndexName=${index},TableName=\${Storage${table}}`,
      ),
    ];
    const sum = (terms: number) =>
      Array.from({ length: terms }, (_, index) => `FILL(m${index}, 0)`).join(' + ');
    expect(throttled).toEqual([
      {
        Threshold: 100,
        expression: sum(5),
        metrics: metricsOf('Tasks', ['runs', 'projectRuns', 'liveRuns']),
      },
      {
        Threshold: 100,
        expression: sum(4),
        metrics: metricsOf('Cache', ['entries', 'projectEntries']),
      },
    ]);
  });

  it.each([
    ['RefusedRequestsCount', 'request refused'],
    ['LongWaitsCount', 'job waits long'],
  ])('the alarm on %s counts the log lines of the event "%s"', (name, event) => {
    const of = templateOf();
    const [filter] = resourcesIn(of, 'AWS::Logs::MetricFilter').filter(
      ({ FilterPattern }) => FilterPattern === `{ $.message.event = "${event}" }`,
    );
    expect(filter).toMatchObject({
      MetricTransformations: [{ MetricName: name, MetricNamespace: 'Headrace/headrace' }],
    });
    const alarms = resourcesIn(of, 'AWS::CloudWatch::Alarm');
    expect(alarms.filter(({ MetricName }) => MetricName === name)).toHaveLength(1);
  });

  it('alarms exist for functions that fail or are throttled, and for errors of the API', () => {
    for (const metric of ['Errors', 'Throttles'])
      expect(lines(template, metric)).toHaveLength(FUNCTIONS.length);
    expect(lines(template, '5XXError')).toEqual(['ApiName=headrace ≥ 5']);
  });
});

describe('the bus', () => {
  it('the bus has no dead-letter queue, because EventBridge would use it for failures of a key only', () => {
    expect(resourcesIn(template, 'AWS::Events::EventBus')[0]).not.toHaveProperty(
      'DeadLetterConfig',
    );
  });
});

describe('traces and detailed metrics', () => {
  const traced = () =>
    templateOf({
      observability: { tracing: true, detailedMetrics: true },
      api: { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['a'] } },
    });
  const stageOf = (of: Template) => resourcesIn(of, 'AWS::ApiGateway::Stage')[0];
  const metricsOf = (of: Template) =>
    z
      .looseObject({ MethodSettings: z.array(z.looseObject({ MetricsEnabled: z.boolean() })) })
      .parse(stageOf(of))
      .MethodSettings.map(({ MetricsEnabled }) => MetricsEnabled);

  it('by default nothing is traced, and no method has metrics of its own', () => {
    for (const name of FUNCTIONS)
      expect(functionIn(template, name)).not.toHaveProperty('TracingConfig');
    expect(stageOf(template)).toMatchObject({ TracingEnabled: false });
    expect(new Set(metricsOf(template))).toEqual(new Set([false]));
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('xray');
  });

  it('with tracing, each function may write traces', () => {
    const of = traced();
    const functions = [...FUNCTIONS, 'authorizer'];
    for (const name of functions)
      expect(functionIn(of, name)).toMatchObject({ TracingConfig: { Mode: 'Active' } });
    expect(stageOf(of)).toMatchObject({ TracingEnabled: true });
    const tracing = [...statementsByRole(of)].flatMap(([role, statements]) => {
      const traces = statements.filter(({ Sid }) => Sid === 'Traces');
      return traces.map(({ Action, Resource }) => ({ role, Action, Resource }));
    });
    expect(tracing.map(({ role }) => role).sort()).toEqual([
      'ApiAuthorizerRole',
      'ApiRole',
      'ControllerRole',
      'EvaluatorRole',
      'RouterRole',
      'SchedulesRole',
      'SweeperRole',
    ]);
    for (const { Action, Resource } of tracing) {
      expect(Action).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
      expect(Resource).toEqual(['*']);
    }
  });

  it('with detailed metrics, each method of the API has metrics of its own', () => {
    expect(new Set(metricsOf(traced()))).toEqual(new Set([true]));
  });
});
