/**
 * A deployment under its own roles: the synthesized stack in an account that enforces policies.
 * Each function is a process with the credentials of its role, and each container one with those of
 * its project. Every request to AWS is recorded.
 *
 * @module
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { API_URL_VARIABLE } from '../../src/aws/deployment/settings.ts';
import type { BatchEvent } from '../../testing/batch/events.ts';
import {
  type BatchEmulator,
  startBatchEmulator,
  subprocessExecutor,
} from '../../testing/batch/index.ts';
import { eventPatternSchema } from '../../testing/batch/pattern.ts';
import { localImages } from '../aws/deployed/local-image.ts';
import { synthesize } from '../aws/deployed/synth.ts';
import { bundles } from '../aws/host/deployment.ts';
import { type Invocable, startRestApi } from '../aws/host/rest-api.ts';
import {
  type Credentials,
  createResources,
  createRole,
  createSecrets,
  credentialsOf,
  newSecretText,
  rootOptions,
} from './account.ts';
import { startSource } from './event-source.ts';
import { type Fakecloud, fakecloudBinary, startFakecloud } from './fakecloud.ts';
import { type RunningFunction, startFunction } from './functions.ts';
import { type Answer, forwardTo, type Recorded, startGateway } from './gateway.ts';
import type { AwsRequest } from './operation.ts';
import { readStack, type Stack, type StackRole, secretsOf } from './stack.ts';
import { containerLogs, createQueues } from './steps.ts';

export interface RoleCloud {
  /** The URL of the API, as clients need it. */
  readonly endpoint: string;
  /** The URL of the gateway, which judges and records every request to AWS. */
  readonly gateway: string;
  readonly cloud: Fakecloud;
  readonly stack: Stack;
  readonly batch: BatchEmulator;
  readonly recorded: readonly Recorded[];
  readonly functions: Functions;
  role(id: string): StackRole;
  credentials(id: string): Credentials;
  /** The result of a scenario. Rejects early with the reason if an event source cannot continue. */
  during<T>(scenario: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const ruleSchema = z.looseObject({
  EventPattern: eventPatternSchema,
  Targets: z.array(z.looseObject({ Arn: z.string() })),
});

const FUNCTIONS = ['api', 'controller', 'evaluator', 'router', 'schedules', 'sweeper'] as const;
type FunctionName = (typeof FUNCTIONS)[number];
type Functions = Readonly<Record<FunctionName, RunningFunction>>;

/** The queue on Lambda. */
export const STEP_QUEUE = 'quick';
const STEP_FUNCTION = new RegExp(`^lambdaqueues${STEP_QUEUE}(.*)$`, 'u');
/** The id of the queue that starts the steps of a project in functions. */
export const stepQueueId = (project: string): string => `LambdaQueues${STEP_QUEUE}${project}Queue`;
/** The id of the logs of these functions. */
export const stepLogsId = (project: string): string => `LambdaQueues${STEP_QUEUE}${project}Logs`;

const IMAGE = 'headrace/runner:local';
const STACK = 'headrace';

export async function startRoleCloud(
  config: HeadraceConfig,
  secrets: Readonly<Record<string, string>> = {},
): Promise<RoleCloud> {
  // Fails before the slow parts if the program is missing.
  fakecloudBinary();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-roles-'));
  const stops = new Stops();
  stops.add(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  try {
    return await startIn(folder, stops, config, secrets);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function startIn(
  folder: string,
  stops: Stops,
  config: HeadraceConfig,
  secrets: Readonly<Record<string, string>>,
): Promise<RoleCloud> {
  const assembly = join(folder, 'assembly');
  const { template } = synthesize(assembly, STACK, { ...config, image: { uri: IMAGE } });
  const cloud = await startFakecloud();
  stops.add(cloud.stop);
  const { region, account } = cloud;

  const standIns = new Map<string, (request: AwsRequest) => Promise<Answer>>();
  const gateway = await startGateway({
    standIn: (service, request) => standIns.get(service)?.(request),
  });
  stops.add(gateway.stop);

  const secretArns = await createSecrets(cloud, {
    ...Object.fromEntries(secretsOf(template).map((name) => [name, newSecretText()])),
    ...secrets,
  });
  const stack = readStack(template, {
    account,
    region,
    endpoint: gateway.url,
    secrets: secretArns,
  });
  await createResources(cloud, stack);
  const roles = await RoleKeys.create(cloud, stack);
  const secretArn = (name: string) =>
    secretArns.get(name) ??
    (name.startsWith('arn:')
      ? name
      : `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`);

  const environment = { AWS_REGION: region, AWS_ENDPOINT_URL: gateway.url };
  mkdirSync(join(folder, 'image'));
  const batch = await startBatchEmulator({
    region,
    account,
    stopGraceMs: 2000,
    executor: subprocessExecutor({ images: localImages(join(folder, 'image'), IMAGE) }),
    environment,
    credentials: (arn) => roles.withArn(arn).credentials,
    logs: containerLogs(gateway.url, region, roles.withId('ProjectsExecution').credentials),
  });
  stops.add(() => batch.stop());
  gateway.open(
    cloud,
    { account, region, secretArn, jobTags: (id) => batch.tags(id) },
    roles.byAccessKey(),
  );
  standIns.set('batch', (request) => forwardTo(batch.url, request));
  await createQueues(batch, region, template);

  const bundleOf = bundles(assembly, STACK);
  const { api, functions, stepFunctions } = await startFunctions(
    stack,
    roles,
    bundleOf,
    environment,
    stops,
  );
  standIns.set('lambda', async ({ body }) => {
    const reply = await functions.evaluator.invoke(JSON.parse(body.toString()));
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(reply)),
    };
  });
  const nameOf = (id: string): string =>
    stack.resources.find((resource) => resource.id.startsWith(`Headrace${id}`))?.name ?? id;
  stops.add(deliverEvents(cloud, batch, stack));

  const startSourceOf = (
    queue: string,
    role: string,
    target: RunningFunction,
    batchSize?: number,
  ): Promise<void> => {
    const { credentials } = roles.withId(role);
    const queueUrl = `${gateway.url}/${account}/${nameOf(queue)}`;
    const options = {
      endpoint: gateway.url,
      region,
      credentials,
      queueUrl,
      ...(batchSize !== undefined && { batchSize }),
    };
    const { running, stop } = startSource({ ...options, target });
    stops.add(stop);
    return running;
  };
  const sources = Promise.all([
    startSourceOf('TransitionsQueue', 'ControllerRole', functions.controller),
    ...['TransitionsDelays', 'TransitionsJobEvents'].map((queue) =>
      startSourceOf(queue, 'RouterRole', functions.router),
    ),
    startSourceOf('TransitionsFirings', 'SchedulesRole', functions.schedules),
    ...[...stepFunctions].map(([project, target]) =>
      startSourceOf(stepQueueId(project), `ProjectsStep${project}`, target, 1),
    ),
  ]);
  sources.catch(() => undefined);

  return {
    endpoint: api.endpoint,
    gateway: gateway.url,
    cloud,
    stack,
    batch,
    recorded: gateway.recorded,
    functions,
    role: (id) => roles.withId(id).role,
    credentials: (id) => roles.withId(id).credentials,
    during: (scenario) =>
      Promise.race([
        scenario,
        sources.then(() => {
          throw new Error('the event sources ended');
        }),
      ]),
    stop: () => stops.run(),
  };
}

/** The REST API and the functions of the stack, each under its role. */
async function startFunctions(
  stack: Stack,
  roles: RoleKeys,
  bundleOf: (key: string) => string,
  environment: Readonly<Record<string, string>>,
  stops: Stops,
) {
  const started = new Map<string, RunningFunction>();
  const api = await startRestApi(invocable(started), 'api');
  stops.add(api.stop);
  for (const { name, role, codeKey, environment: own } of stack.functions) {
    const variables = {
      ...environment,
      ...own,
      ...(API_URL_VARIABLE in own && { [API_URL_VARIABLE]: api.endpoint }),
    };
    const running = await startFunction(
      { name, bundle: bundleOf(codeKey) },
      variables,
      roles.withArn(role).credentials,
    );
    stops.add(running.stop);
    started.set(name, running);
  }
  const functionOf = (name: FunctionName): RunningFunction => {
    const running = started.get(name);
    if (running === undefined) throw new Error(`the template has no function ${name}`);
    return running;
  };
  const functions: Functions = {
    api: functionOf('api'),
    controller: functionOf('controller'),
    evaluator: functionOf('evaluator'),
    router: functionOf('router'),
    schedules: functionOf('schedules'),
    sweeper: functionOf('sweeper'),
  };
  const stepFunctions = new Map(
    [...started].flatMap(([name, running]) => {
      const project = STEP_FUNCTION.exec(name)?.[1];
      return project === undefined ? [] : [[project, running] as const];
    }),
  );
  return { api, functions, stepFunctions };
}

/** What to stop, in reverse order of the starts. */
class Stops {
  readonly #stops: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /** Stops everything, also if one part fails to stop. @throws the first failure */
  async run(): Promise<void> {
    const results: PromiseSettledResult<unknown>[] = [];
    for (const stop of this.#stops.splice(0).reverse())
      results.push(...(await Promise.allSettled([stop()])));
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

interface RoleKey {
  readonly role: StackRole;
  readonly credentials: Credentials;
}

/** The roles of the stack, created in the account, with credentials. */
class RoleKeys {
  readonly #keys: ReadonlyMap<string, RoleKey>;

  private constructor(keys: ReadonlyMap<string, RoleKey>) {
    this.#keys = keys;
  }

  static async create(cloud: Fakecloud, { roles }: Stack): Promise<RoleKeys> {
    const keys = new Map<string, RoleKey>();
    for (const role of roles) {
      await createRole(cloud, role);
      keys.set(role.arn, { role, credentials: await credentialsOf(cloud, role) });
    }
    return new RoleKeys(keys);
  }

  withArn(arn: string): RoleKey {
    const found = this.#keys.get(arn);
    if (found === undefined) throw new Error(`there is no role ${arn} in the template`);
    return found;
  }

  withId(id: string): RoleKey {
    const found = [...this.#keys.values()].find(({ role }) => role.id === id);
    return this.withArn(found?.role.arn ?? id);
  }

  byAccessKey(): ReadonlyMap<string, StackRole> {
    return new Map(
      [...this.#keys.values()].map(({ role, credentials }) => [credentials.accessKeyId, role]),
    );
  }
}

/** A function that is missing or throws fails the invocation, not the caller. */
const invocable = (started: ReadonlyMap<string, RunningFunction>): Invocable => ({
  async invoke(name, { payload }) {
    try {
      return {
        status: 'success',
        payload: JSON.stringify(await started.get(name)?.invoke(JSON.parse(payload))),
      };
    } catch (error) {
      return { status: 'error', payload: String(error) };
    }
  },
});

/**
 * Sends the events of Batch to the queues of the stack's rules, as EventBridge does: by the
 * policies of the queues, under no role.
 */
function deliverEvents(cloud: Fakecloud, batch: BatchEmulator, stack: Stack): () => void {
  const client = new SQSClient(rootOptions(cloud));
  for (const { id, type, properties } of stack.resources) {
    if (type !== 'AWS::Events::Rule' || properties.EventPattern === undefined) continue;
    const { EventPattern: pattern, Targets } = ruleSchema.parse(properties);
    const deliver = async (event: BatchEvent): Promise<void> => {
      for (const { Arn } of Targets)
        await client.send(
          new SendMessageCommand({
            QueueUrl: `${cloud.endpoint}/${cloud.account}/${Arn.split(':').at(-1)}`,
            MessageBody: JSON.stringify(event),
          }),
        );
    };
    batch.setTarget(id, { pattern, deliver });
  }
  return () => client.destroy();
}
