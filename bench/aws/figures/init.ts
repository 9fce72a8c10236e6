/**
 * How long the controller's function takes to begin, as its bundle does in an environment of the
 * tests' runtime host: from the start of Node to the first question.
 *
 * This one is measured, not counted: it is this machine's.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { API_URL_VARIABLE, SETTINGS_VARIABLE } from '../../../src/aws/deployment/settings.ts';
import { startFunctions } from '../../../testing/lambda/functions.ts';
import { API, settings } from '../deployment/settings.ts';
import { median } from '../samples.ts';
import type { Concern } from './figure.ts';

const CONTROLLER = fileURLToPath(new URL('../../../dist/lambda/controller', import.meta.url));
/** Nobody listens there: an instance begins before anybody answers it. */
const NOWHERE = 'http://127.0.0.1:9';
const TIMES = 15;
const SETTLED_MILLISECONDS = 200;

export const init: Concern = {
  name: 'init',
  keys: ['init.controller'],
  async take({ quick }) {
    const empty = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
    await writeFile(join(empty, 'index.mjs'), 'export const handler = async () => null;\n');
    const environment = {
      AWS_ENDPOINT_URL: NOWHERE,
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
    /** The environment's init; what becomes of its one invocation is of no interest. */
    const begin = async (name: string): Promise<number> => {
      functions.recycle(name);
      // The one before takes a moment to be gone.
      await pause(SETTLED_MILLISECONDS);
      const { initMs } = await functions.invoke(name, { payload: '{"Records":[]}' });
      if (initMs === undefined) throw new Error(`an environment of ${name} was not new`);
      return initMs;
    };
    try {
      const [own, bare]: [number[], number[]] = [[], []];
      for (let time = 0; time < (quick ? 3 : TIMES); time += 1) {
        bare.push(await begin('empty'));
        own.push(await begin('controller'));
      }
      const sums = [
        ['Node itself, with a handler that does nothing', median(bare)],
        ['the bundle', median(own) - median(bare)],
      ] as const;
      return [
        {
          key: 'init.controller',
          value: median(own),
          unit: 'ms',
          highest: 150,
          what: 'init of the controller, Node 24, on this machine',
          sums,
        },
      ];
    } finally {
      await functions.stop();
      await rm(empty, { recursive: true });
    }
  },
};
