/**
 * The init of the deployed functions: it ends before the first event, or Lambda starts another
 * environment.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { API_URL_VARIABLE, SETTINGS_VARIABLE } from '../../../src/aws/deployment/settings.ts';
import { listen } from '../../../testing/http-server.ts';
import { startFunctions } from '../../../testing/lambda/functions.ts';
import { bundle } from '../faults/bundles.ts';
import { deploymentSettings } from '../harness/settings.ts';

const NAMES = ['api', 'controller', 'router', 'sweeper'] as const;
const BUNDLES = fileURLToPath(new URL('../../../dist/lambda', import.meta.url));
const SETTINGS = deploymentSettings({
  bucket: 'bucket',
  nameOf: (queue) => queue,
  urlOf: (queue) => `http://127.0.0.1:9/1/${queue}`,
});

type Listener = Parameters<typeof listen>[0];
const answer: Listener = (_, response) =>
  void response.end(JSON.stringify({ SecretString: 'secret' }));
const refuse: Listener = (_, response) =>
  void response
    .writeHead(400, { 'x-amzn-errortype': 'AccessDeniedException' })
    .end('{"Message":"not authorized"}');
const ignore: Listener = () => undefined;

beforeAll(bundle, 120_000);

/** The functions, with a Secrets Manager that answers the nth request by the nth listener. */
async function start(...answers: readonly Listener[]) {
  let requests = 0;
  const secrets = await listen((request, response) => {
    request.resume();
    (answers[requests] ?? answer)(request, response);
    requests += 1;
  });
  const functions = await startFunctions({
    functions: NAMES.map((name) => ({
      name,
      bundle: `${BUNDLES}/${name}`,
      timeoutMs: 30_000,
      memoryMiB: 512,
    })),
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${secrets.address}`,
      // A closed port: no other service is needed.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      [SETTINGS_VARIABLE]: JSON.stringify(SETTINGS),
      [API_URL_VARIABLE]: 'https://api.example',
    },
  });
  onTestFinished(async () => {
    await functions.stop();
    await secrets.close();
  });
  return { functions, requests: () => requests };
}

const EVENTS = {
  api: { resource: '/v1/queues', path: '/v1/queues', httpMethod: 'GET', headers: {} },
  controller: { Records: [] },
  router: { Records: [] },
};

describe('the init of a function', () => {
  test.each(['api', 'controller', 'router'] as const)(
    'the %s reads the secret once for all events',
    async (name) => {
      const { functions, requests } = await start();
      const invocation = { payload: JSON.stringify(EVENTS[name]) };
      const first = await functions.invoke(name, invocation);
      expect(first).toMatchObject({ status: 'success', initMs: expect.any(Number) });
      await functions.invoke(name, invocation);
      expect(requests()).toBe(1);
    },
  );

  test.each(NAMES)(
    'a %s that cannot read the secret does not serve, and the next environment does',
    async (name) => {
      const { functions, requests } = await start(refuse);
      const invocation = { payload: JSON.stringify({ ...EVENTS.api, Records: [] }) };
      const failed = await functions.invoke(name, invocation);
      expect(failed).toMatchObject({ status: 'init error' });
      expect(failed.payload).toContain('not authorized');
      const served = await functions.invoke(name, invocation);
      expect(served.environment).not.toBe(failed.environment);
      expect(served.status).not.toBe('init error');
      expect(requests()).toBe(2);
    },
  );

  test('a connection on which the secret does not arrive is replaced within the init', async () => {
    const { functions, requests } = await start(ignore);
    const { status, initMs } = await functions.invoke('router', { payload: '{"Records":[]}' });
    expect(status).toBe('success');
    expect(initMs).toBeLessThan(10_000);
    expect(requests()).toBe(2);
  });
});
