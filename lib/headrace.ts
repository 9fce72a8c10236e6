/**
 * Headrace as one construct, for stacks of your own.
 *
 * @module
 */
import { Stack, Tags } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { API_URL_VARIABLE } from '../src/aws/deployment/settings.ts';
import { Api } from './api.ts';
import { type HeadraceConfig, readConfig } from './config.ts';
import { WebConsole } from './console.ts';
import { ControllerFunction } from './controller.ts';
import { EvaluatorFunction } from './evaluator.ts';
import { stepImage } from './image.ts';
import { LambdaQueues } from './lambda-queues.ts';
import { Network } from './network.ts';
import { Notifications } from './notifications.ts';
import { Observability } from './observability.ts';
import { type DeploymentParts, settingsOf } from './parts.ts';
import { Projects } from './projects.ts';
import { Queues } from './queues.ts';
import { RouterFunction } from './router.ts';
import { ScheduleTimers } from './schedule-timers.ts';
import { SchedulesFunction } from './schedules.ts';
import { checkLimits } from './stack-limits.ts';
import { Storage } from './storage.ts';
import { SweeperFunction } from './sweeper.ts';
import { requireTenantIsolation } from './tenant-isolation.ts';
import { TransitionQueues } from './transitions.ts';

/** CloudFormation does not support tags of these resources in all regions. */
const UNTAGGABLE_TYPES = ['AWS::CloudWatch::Dashboard'];

/**
 * @example
 *     const headrace = new Headrace(this, 'Headrace', { queues: { default: { type: 'fargate', spot: true } } });
 *     new Rule(this, 'Failed', { eventBus: headrace.transitions.bus, eventPattern: { detail: { status: ['failed'] } } });
 */
export class Headrace extends Construct {
  readonly storage: Storage;
  readonly transitions: TransitionQueues;
  readonly queues: Queues;
  /**
   * Step roles by project (`default` for projects that are not declared). Grant additional
   * permissions of steps to these roles.
   */
  readonly projects: Projects;
  readonly lambdaQueues: LambdaQueues;
  readonly api: Api;
  readonly observability: Observability;
  readonly console: WebConsole | undefined;
  /** Undefined if the configuration has no notification. */
  readonly notifications: Notifications | undefined;

  /** @throws ConfigError */
  constructor(scope: Construct, id: string, input: HeadraceConfig = {}) {
    super(scope, id);
    const config = readConfig(input);
    requireTenantIsolation(this, config);
    checkLimits(this);
    const stack = Stack.of(this);
    for (const [key, value] of Object.entries(config.tags))
      Tags.of(this).add(key, value, { excludeResourceTypes: UNTAGGABLE_TYPES });

    this.storage = new Storage(this, 'Storage', config);
    this.transitions = new TransitionQueues(this, 'Transitions', config);
    const scheduleTimers = new ScheduleTimers(this, 'ScheduleTimers', config, this.transitions);
    const network = new Network(this, 'Network', config);
    this.queues = new Queues(this, 'Queues', config, network);
    this.projects = new Projects(this, 'Projects', config, this.storage, this.transitions);
    this.lambdaQueues = new LambdaQueues(this, 'LambdaQueues', config, {
      storage: this.storage,
      transitions: this.transitions,
      projects: this.projects,
    });
    const { function: evaluator } = new EvaluatorFunction(this, 'Evaluator', config);

    const constructs = {
      storage: this.storage,
      transitions: this.transitions,
      scheduleTimers,
      network,
      queues: this.queues,
      projects: this.projects,
      lambdaQueues: this.lambdaQueues,
      evaluator,
    };
    const parts: DeploymentParts = {
      ...constructs,
      settings: settingsOf(stack, config, stepImage(this, config), constructs),
    };
    const { function: controller } = new ControllerFunction(this, 'Controller', config, parts);
    const { function: router } = new RouterFunction(this, 'Router', config, parts);
    const { function: sweeper } = new SweeperFunction(this, 'Sweeper', config, parts);
    const { function: schedules } = new SchedulesFunction(this, 'Schedules', config, parts);
    this.api = new Api(this, 'Api', config, parts);
    // The controller passes the URL of the API to the jobs that evaluate logic. It is set here,
    // because the API is created after the controller.
    if (config.api.externalEvaluation)
      controller.lambda.addEnvironment(API_URL_VARIABLE, this.api.rest.url);
    this.console = config.console
      ? new WebConsole(this, 'WebConsole', config, this.api.rest)
      : undefined;
    this.notifications =
      config.notifications.length > 0
        ? new Notifications(this, 'Notifications', config, {
            transitions: this.transitions,
            apiUrl: this.api.rest.url,
          })
        : undefined;
    this.observability = new Observability(this, 'Observability', config, {
      functions: { controller, router, evaluator, sweeper, schedules, api: this.api.function },
      stepFunctions: this.lambdaQueues.functions,
      transitions: this.transitions,
      scheduleTimers,
      storage: this.storage,
      api: this.api,
      rules: this.node
        .findAll()
        .filter((construct) => construct instanceof Rule)
        .filter((rule) => !this.notifications?.rules.includes(rule)),
      notifications: this.notifications,
    });
  }
}
