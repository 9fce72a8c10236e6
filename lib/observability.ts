/**
 * Alarms for faults that need a person, and a dashboard.
 *
 * An alarm stands for a fault that Headrace does not repair by itself: a message that no function
 * could handle, a function that fails, a queue that is not drained, a request that AWS refuses.
 *
 * @module
 */
import { Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { MESSAGE_QUEUES, type MessageQueue } from '../src/aws/deployment/message-queues.ts';
import { TABLES } from '../src/aws/deployment/table-schemas.ts';
import { acknowledge } from './acknowledge.ts';
import type { Api } from './api.ts';
import type { Configuration } from './config.ts';
import { keyOf } from './encryption.ts';
import type { HeadraceFunction } from './functions.ts';
import type { LambdaQueues } from './lambda-queues.ts';
import { type AlarmEvent, loggedEvents } from './logged-events.ts';
import {
  FIVE_MINUTES,
  failedInvocations,
  oldestMessageAge,
  sumOf,
  throttledRequests,
  visibleMessages,
} from './metrics.ts';
import type { Notifications } from './notifications.ts';
import type { ScheduleTimers } from './schedule-timers.ts';
import type { Storage } from './storage.ts';
import type { TransitionQueues } from './transitions.ts';

export interface ObservedResources {
  readonly functions: Readonly<
    Record<
      'controller' | 'router' | 'evaluator' | 'sweeper' | 'schedules' | 'api',
      HeadraceFunction
    >
  >;
  /** The functions of queues on Lambda. */
  readonly stepFunctions: LambdaQueues['functions'];
  readonly transitions: TransitionQueues;
  readonly scheduleTimers: ScheduleTimers;
  readonly storage: Storage;
  readonly api: Api;
  /** The rules whose events move runs. */
  readonly rules: readonly Rule[];
  readonly notifications: Notifications | undefined;
}

/**
 * A healthy controller receives a transition within a second. A transition this old means that the
 * controller fails.
 */
const MAX_MESSAGE_AGE_SECONDS = 900;
/**
 * Clients repeat a throttled request, and a table on demand throttles for a moment while it grows.
 * So many within five minutes delay runs.
 */
const MAX_THROTTLED_REQUESTS = 100;
/** CloudWatch allows so many metrics in one alarm. */
const MAX_METRICS = 10;

export class Observability extends Construct {
  readonly topic: ITopic | undefined;
  readonly dashboard: Dashboard;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, config: Configuration, observed: ObservedResources) {
    super(scope, id);
    this.topic = this.#topic(config);
    const { functions, transitions, api } = observed;
    const { queues } = transitions;

    this.#alarm(
      'DeadTransitions',
      visibleMessages(queues.deadLetters),
      1,
      'The controller failed to handle a transition several times: its run may not continue. The message is in the dead-letter queue of the transitions.',
    );
    this.#alarm(
      'Undelivered',
      visibleMessages(queues.undelivered),
      1,
      'An event, a timer or a notification could not be delivered: it is in the queue of undelivered messages.',
    );
    this.#alarm(
      'TransitionsWait',
      oldestMessageAge(queues.transitions),
      MAX_MESSAGE_AGE_SECONDS,
      'The oldest transition has waited for more than 15 minutes: the controller fails, or is throttled.',
    );
    this.#alarm(
      'TimersWait',
      oldestMessageAge(queues.delays),
      2 * MAX_MESSAGE_AGE_SECONDS,
      'The oldest timer has waited for more than half an hour.',
    );
    for (const [name, { lambda }] of Object.entries(functions)) {
      this.#alarm(
        `${name}Errors`,
        lambda.metricErrors({ period: FIVE_MINUTES, statistic: Stats.SUM }),
        5,
        `The function ${name} failed 5 times within 5 minutes.`,
      );
      this.#alarm(
        `${name}Throttles`,
        lambda.metricThrottles({ period: FIVE_MINUTES, statistic: Stats.SUM }),
        10,
        `The function ${name} was throttled: the account's concurrency is used up.`,
      );
    }
    this.#alarm(
      'ApiErrors',
      api.rest.metricServerError({ period: FIVE_MINUTES, statistic: Stats.SUM }),
      5,
      'The API answered with 5xx 5 times within 5 minutes.',
    );

    this.#alarmOnEvent(
      config,
      'RefusedRequests',
      functions.controller,
      'request refused',
      2,
      'AWS refused requests of the controller (AWS Batch, EventBridge Scheduler): steps may wait until it accepts them. The log of the controller and `headrace runs show` have the reason.',
    );
    this.#alarmOnEvent(
      config,
      'BlockedJobs',
      functions.router,
      'job blocked',
      1,
      'A job has blocked its queue for two minutes: no job behind it starts. `headrace runs show` and the log of the router have the reason of AWS Batch.',
    );
    this.#alarm(
      'EventsWait',
      oldestMessageAge(queues.jobEvents),
      MAX_MESSAGE_AGE_SECONDS,
      'The oldest event of AWS Batch has waited for more than 15 minutes: the router fails, or is throttled.',
    );
    this.#alarm(
      'FiringsWait',
      oldestMessageAge(queues.firings),
      2 * MAX_MESSAGE_AGE_SECONDS,
      'The oldest message about a schedule has waited for more than half an hour: the function schedules fails, or is throttled.',
    );
    this.#alarmOnEvent(
      config,
      'LongWaits',
      functions.controller,
      'job waits long',
      1,
      'A step has waited in its queue for an hour: `headrace runs show` has the reason, if AWS states one. On Fargate it may be missing capacity, or a quota of vCPUs.',
    );
    this.#alarmThrottledTables(observed);
    this.#alarmStepFunctions(observed);
    this.#alarmLostEvents(observed);
    this.#alarmNotifications(config, observed);

    this.dashboard = this.#dashboard(config, observed);
  }

  #topic(config: Configuration): ITopic | undefined {
    const { alarms } = config;
    const masterKey = keyOf(this, config);
    if (alarms.topicArn !== undefined) return Topic.fromTopicArn(this, 'Given', alarms.topicArn);
    if (alarms.email === undefined) return undefined;
    const topic = new Topic(this, 'Topic', {
      displayName: 'Headrace',
      enforceSSL: true,
      ...(masterKey !== undefined && { masterKey }),
    });
    // The statement that requires TLS replaces the default policy of a topic, which would allow this.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    topic.addSubscription(new EmailSubscription(alarms.email));
    acknowledge(topic, {
      'Serverless-SNSRedrivePolicy':
        'E-mail has no dead letters: CloudWatch also shows an alarm that is active.',
    });
    return topic;
  }

  /** An index that cannot follow also throttles writes to its table. */
  #alarmThrottledTables({ storage }: ObservedResources): void {
    for (const { name, constructId, schema } of TABLES) {
      const throttled = (metricName: string, index?: string) =>
        throttledRequests(storage.tables[name].tableName, metricName, index);
      const metrics = [
        throttled('ReadThrottleEvents'),
        throttled('WriteThrottleEvents'),
        ...schema.indexes.map((index) => throttled('WriteThrottleEvents', index.name)),
      ];
      this.#alarm(
        `${constructId}TableThrottled`,
        sumOf(metrics, 'throttled requests'),
        MAX_THROTTLED_REQUESTS,
        `DynamoDB throttled ${MAX_THROTTLED_REQUESTS} requests to the table ${name} within 5 minutes: runs are delayed.`,
      );
    }
  }

  /**
   * The functions of steps have common alarms, because there can be many. Steps that wait in their
   * queues are counted by `LongWaits`.
   */
  #alarmStepFunctions({ stepFunctions }: ObservedResources): void {
    const lambdas = stepFunctions.map(({ lambda }) => lambda);
    const options = { period: FIVE_MINUTES, statistic: Stats.SUM };
    for (let start = 0; start < lambdas.length; start += MAX_METRICS) {
      const some = lambdas.slice(start, start + MAX_METRICS);
      const id = start === 0 ? 'Steps' : `Steps${start / MAX_METRICS + 1}`;
      this.#alarm(
        `${id}Errors`,
        sumOf(
          some.map((lambda) => lambda.metricErrors(options)),
          'errors',
        ),
        10,
        'Functions of queues on Lambda ended 10 times within 5 minutes without a result: their memory may be too small for the steps. The attempts of the steps have the reason.',
      );
      this.#alarm(
        `${id}Throttles`,
        sumOf(
          some.map((lambda) => lambda.metricThrottles(options)),
          'throttles',
        ),
        100,
        "Functions of queues on Lambda were throttled: the account's concurrency is used up, and steps wait. Request more, or lower maxConcurrency.",
      );
    }
  }

  /** A failed invocation of a rule is one that EventBridge did not move to a dead-letter queue. */
  #alarmLostEvents({ transitions, scheduleTimers, rules }: ObservedResources): void {
    const dropped = ({ scheduleGroupName }: IScheduleGroup) =>
      new Metric({
        namespace: 'AWS/Scheduler',
        metricName: 'InvocationDroppedCount',
        dimensionsMap: { ScheduleGroup: scheduleGroupName },
        period: FIVE_MINUTES,
        statistic: Stats.SUM,
      });
    this.#alarm(
      'SchedulesDropped',
      dropped(transitions.scheduleGroup),
      1,
      'EventBridge Scheduler gave up a timer: it is in the queue of undelivered messages, or lost.',
    );
    this.#alarm(
      'FiringsDropped',
      dropped(scheduleTimers.group),
      1,
      'EventBridge Scheduler gave up the message of a schedule: the next check of the schedules starts its run.',
    );
    for (const rule of rules)
      this.#alarm(
        `${rule.node.id}Failed`,
        failedInvocations(rule),
        1,
        'EventBridge lost an event, which is in no dead-letter queue: runs continue with the next sweep.',
      );
  }

  /** A message that cannot be sent is one of the undelivered messages, which have an alarm. */
  #alarmNotifications(config: Configuration, observed: ObservedResources): void {
    const { functions, notifications } = observed;
    if (notifications === undefined) return;
    this.#alarmOnEvent(
      config,
      'RefusedEvents',
      functions.controller,
      'events not accepted',
      1,
      'EventBridge did not accept an event of a run: no notification of this change is sent.',
    );
    const { rules } = notifications;
    for (let start = 0; start < rules.length; start += MAX_METRICS)
      this.#alarm(
        start === 0 ? 'NotificationsFailed' : `Notifications${start / MAX_METRICS + 1}Failed`,
        sumOf(rules.slice(start, start + MAX_METRICS).map(failedInvocations), 'lost events'),
        1,
        'EventBridge lost the event of a notification, which is in no dead-letter queue.',
      );
  }

  #alarm(id: string, metric: IMetric, threshold: number, alarmDescription: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.topic !== undefined) {
      alarm.addAlarmAction(new SnsAction(this.topic));
      alarm.addOkAction(new SnsAction(this.topic));
    }
    this.alarms.push(alarm);
  }

  #alarmOnEvent(
    config: Configuration,
    id: string,
    from: HeadraceFunction,
    event: AlarmEvent,
    threshold: number,
    description: string,
  ): void {
    const metric = loggedEvents(this, `${id}Count`, config, from.logGroup, event);
    this.#alarm(id, metric, threshold, description);
  }

  #dashboard(
    { prefix }: Configuration,
    { functions, stepFunctions, transitions, storage, api }: ObservedResources,
  ): Dashboard {
    const queuesWhere = (isWanted: (queue: MessageQueue) => boolean) =>
      MESSAGE_QUEUES.filter(isWanted).map(({ name }) => transitions.queues[name]);
    const deadLetters = queuesWhere(({ deadLetterQueue }) => deadLetterQueue === null);
    const consumed = queuesWhere(({ deadLetterQueue }) => deadLetterQueue !== null);
    const graph = (title: string, left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12, height: 6 });
    const each = (metric: (of: HeadraceFunction['lambda']) => IMetric) =>
      Object.values(functions).map(({ lambda }) => metric(lambda));
    const units = Object.values(storage.tables).map((table) =>
      table.metricConsumedWriteCapacityUnits(),
    );
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `${prefix}-${Stack.of(this).region}`,
    });
    dashboard.addWidgets(
      graph('Waiting messages', consumed.map(visibleMessages)),
      graph('Messages that no function could handle', deadLetters.map(visibleMessages)),
      graph('Age of the oldest message', consumed.map(oldestMessageAge)),
      graph('Write units of the tables', units),
      graph(
        'Invocations',
        each((lambda) => lambda.metricInvocations()),
      ),
      graph(
        'Errors',
        each((lambda) => lambda.metricErrors()),
      ),
      graph(
        'Duration, 99th percentile',
        each((lambda) => lambda.metricDuration({ statistic: Stats.percentile(99) })),
      ),
      graph('Requests and errors of the API', [
        api.rest.metricCount(),
        api.rest.metricClientError(),
        api.rest.metricServerError(),
      ]),
    );
    if (stepFunctions.length > 0)
      dashboard.addWidgets(
        graph(
          'Messages that start steps',
          stepFunctions.map(({ queue }) => visibleMessages(queue)),
        ),
        graph(
          'Steps that run in functions',
          stepFunctions.map(({ lambda }) =>
            lambda.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM }),
          ),
        ),
      );
    return dashboard;
  }
}
