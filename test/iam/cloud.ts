/**
 * A whole Headrace under its own roles: the synthesized stack in an account that enforces policies, each function in a process with its role's credentials,
 * each container with its project's, and everything that they ask of AWS written down.
 *
 * @module
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeadraceConfig } from '../../lib/config.ts';
import { API_URL_VARIABLE } from '../../src/aws/deployment/settings.ts';
import {
  type BatchEmulator,
  startBatchEmulator,
  subprocessExecutor,
} from '../../testing/batch/index.ts';
import { localImages } from '../aws/deployed/local-image.ts';
import { synthesize } from '../aws/deployed/synth.ts';
import { type Invocable, startRestApi } from '../aws/host/rest-api.ts';
import {
  type Credentials,
  createResources,
  createRole,
  createSecrets,
  credentialsOf,
  newSecretText,
} from './account.ts';
import { type Fakecloud, fakecloudBinary, startFakecloud } from './fakecloud.ts';
import { type RunningFunction, startFunction } from './functions.ts';
import { type Answer, forwardTo, type Recorded, startGateway } from './gateway.ts';
import type { AwsRequest } from './questions.ts';
import { startSource } from './source.ts';
import { readStack, type Stack, type StackRole } from './stack.ts';
import { containerLogs, createQueues } from './steps.ts';

export interface RoleCloud {
  /** Of the API, as clients take it. */
  readonly endpoint: string;
  /** Through which all that is asked of AWS is judged and written down. */
  readonly gateway: string;
  readonly cloud: Fakecloud;
  readonly stack: Stack;
  readonly batch: BatchEmulator;
  readonly recorded: readonly Recorded[];
  readonly functions: Readonly<Record<FunctionName, RunningFunction>>;
  role(id: string): StackRole;
  credentials(id: string): Credentials;
  /** What is done in it, unless a function fails meanwhile so that nothing goes on: then why. */
  during<T>(story: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const FUNCTIONS = ['api', 'controller', 'evaluator', 'router', 'sweeper'] as const;
type FunctionName = (typeof FUNCTIONS)[number];

const IMAGE = 'headrace/runner:local';
const STACK = 'headrace';

export async function startRoleCloud(
  config: HeadraceConfig,
  secrets: Readonly<Record<string, string>> = {},
): Promise<RoleCloud> {
  // Before anything is built for it.
  fakecloudBinary();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-roles-'));
  const { template } = synthesize(join(folder, 'assembly'), STACK, {
    ...config,
    image: { uri: IMAGE },
  });
  const stops: (() => unknown)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  ];
  const stop = async () => {
    const ended: PromiseSettledResult<unknown>[][] = [];
    // One that cannot be stopped does not keep the others alive.
    for (const each of stops.splice(0).reverse()) ended.push(await Promise.allSettled([each()]));
    const failed = ended.flat().find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  };
  try {
    const cloud = await startFakecloud();
    stops.push(cloud.stop);
    const { region, account } = cloud;

    const standIns = new Map<string, (request: AwsRequest) => Promise<Answer>>();
    const gateway = await startGateway({
      standIn: (service, request) => standIns.get(service)?.(request),
    });
    stops.push(gateway.stop);

    const secretArns = await createSecrets(cloud, {
      [`${STACK}/tokens`]: newSecretText(),
      ...secrets,
    });
    const stack = readStack(template, {
      account,
      region,
      endpoint: gateway.url,
      secrets: secretArns,
    });
    await createResources(cloud, stack);
    const keys = new Map<string, { readonly role: StackRole; readonly credentials: Credentials }>();
    for (const role of stack.roles) {
      await createRole(cloud, role);
      keys.set(role.arn, { role, credentials: await credentialsOf(cloud, role) });
    }
    const known = (arn: string) => {
      const found = keys.get(arn);
      if (found === undefined) throw new Error(`there is no role ${arn} in the template`);
      return found;
    };
    const byId = (id: string) => known(stack.roles.find((role) => role.id === id)?.arn ?? id);
    const secretArn = (name: string) =>
      secretArns.get(name) ??
      (name.startsWith('arn:')
        ? name
        : `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`);
    gateway.open(
      cloud,
      { account, region, secretArn },
      new Map([...keys.values()].map(({ role, credentials }) => [credentials.accessKeyId, role])),
    );

    const environment = { AWS_REGION: region, AWS_ENDPOINT_URL: gateway.url };
    mkdirSync(join(folder, 'image'));
    const batch = await startBatchEmulator({
      region,
      account,
      stopGraceMs: 2000,
      executor: subprocessExecutor({ images: localImages(join(folder, 'image'), IMAGE) }),
      environment,
      credentials: (arn) => known(arn).credentials,
      logs: containerLogs(gateway.url, region, byId('ProjectsExecution').credentials),
    });
    stops.push(() => batch.stop());
    standIns.set('batch', (request) => forwardTo(batch.url, request));
    await createQueues(batch, region, template);

    const started = new Map<string, RunningFunction>();
    const api = await startRestApi(invocable(started), 'api');
    stops.push(api.stop);
    for (const { name, role, environment: own } of stack.functions) {
      const told = {
        ...environment,
        ...own,
        ...(API_URL_VARIABLE in own && { [API_URL_VARIABLE]: api.endpoint }),
      };
      const running = await startFunction(name, told, known(role).credentials);
      stops.push(running.stop);
      started.set(name, running);
    }
    const functionOf = (name: FunctionName): RunningFunction => {
      const running = started.get(name);
      if (running === undefined) throw new Error(`the template has no function ${name}`);
      return running;
    };
    const functions = {
      api: functionOf('api'),
      controller: functionOf('controller'),
      evaluator: functionOf('evaluator'),
      router: functionOf('router'),
      sweeper: functionOf('sweeper'),
    };
    standIns.set('lambda', async ({ body }) => {
      const reply = await functions.evaluator.invoke(JSON.parse(body.toString()));
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(reply)),
      };
    });
    batch.setTarget('router', {
      pattern: { source: ['aws.batch'], detail: { status: ['SUCCEEDED', 'FAILED'] } },
      deliver: async (event) => void (await functions.router.invoke(event)),
    });

    const queueUrl = (id: string) =>
      `${gateway.url}/${account}/${stack.resources.find((resource) => resource.id.startsWith(`Headrace${id}`))?.name}`;
    const source = (queue: string, role: string, target: RunningFunction): Promise<void> => {
      const { running, stop } = startSource({
        endpoint: gateway.url,
        region,
        credentials: byId(role).credentials,
        queueUrl: queueUrl(queue),
        target,
      });
      stops.push(stop);
      return running;
    };
    const sources = Promise.all([
      source('TransitionsQueue', 'ControllerRole', functions.controller),
      source('TransitionsDelays', 'RouterRole', functions.router),
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
      role: (id) => byId(id).role,
      credentials: (id) => byId(id).credentials,
      during: (told) =>
        Promise.race([
          told,
          sources.then(() => {
            throw new Error('the event sources ended');
          }),
        ]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A function that is not there yet, or throws, is an error of the function, not of who invokes it. */
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
