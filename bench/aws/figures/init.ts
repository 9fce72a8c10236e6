/**
 * The start time of the controller's function: its bundle starts in an environment of the tests'
 * runtime host, and the time from the start of Node to the first request for an event is measured.
 * The init reads the secret of the deployment, here from a server on this machine.
 *
 * This figure is measured, not counted: it depends on the machine.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { API_URL_VARIABLE, SETTINGS_VARIABLE } from '../../../src/aws/deployment/settings.ts';
import { listen } from '../../../testing/http-server.ts';
import { startFunctions } from '../../../testing/lambda/functions.ts';
import { API, settings } from '../deployment/settings.ts';
import { median } from '../samples.ts';
import type { Concern } from './figure.ts';

const CONTROLLER = fileURLToPath(new URL('../../../dist/lambda/controller', import.meta.url));
const SAMPLE_COUNT = 15;
const SHUTDOWN_PAUSE_MS = 200;

export const init: Concern = {
  name: 'init',
  keys: ['init.controller'],
  async collect({ quick }) {
    const empty = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
    await writeFile(join(empty, 'index.mjs'), 'export const handler = async () => null;\n');
    const secrets = await listen((request, response) => {
      request.resume();
      response.end(JSON.stringify({ SecretString: 'secret' }));
    });
    const environment = {
      AWS_ENDPOINT_URL: `http://${secrets.address}`,
      [SETTINGS_VARIABLE]: JSON.stringify(settings()),
      [API_URL_VARIABLE]: API,
    };
    const common = { timeoutMs: 60_000, memoryMiB: 512 };
    const functions = await startFunctions({
      functions: [
        { name: 'controller', bundle: CONTROLLER, ...common },
        { name: 'empty', bundle: empty, ...common },
      ],
      environment,
    });
    /** Measures the init of a new environment; the result of its one invocation is ignored. */
    const measureInit = async (name: string): Promise<number> => {
      functions.recycle(name);
      // The previous environment needs a moment to stop.
      await pause(SHUTDOWN_PAUSE_MS);
      const { initMs, status, payload } = await functions.invoke(name, {
        payload: '{"Records":[]}',
      });
      if (status !== 'success') throw new Error(`${name} does not start: ${payload}`);
      if (initMs === undefined) throw new Error(`an environment of ${name} was not new`);
      return initMs;
    };
    try {
      const [withBundle, bare]: [number[], number[]] = [[], []];
      for (let sample = 0; sample < (quick ? 3 : SAMPLE_COUNT); sample += 1) {
        bare.push(await measureInit('empty'));
        withBundle.push(await measureInit('controller'));
      }
      const sums = [
        ['Node itself, with a handler that does nothing', median(bare)],
        ['the bundle', median(withBundle) - median(bare)],
      ] as const;
      return [
        {
          key: 'init.controller',
          value: median(withBundle),
          unit: 'ms',
          highest: 150,
          what: 'init of the controller, Node 24, on this machine',
          sums,
        },
      ];
    } finally {
      await functions.stop();
      await secrets.close();
      await rm(empty, { recursive: true });
    }
  },
};
