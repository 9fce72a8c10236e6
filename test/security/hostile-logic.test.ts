/**
 * Logic that a caller uploads without the bundler, to leave its context, or to keep the evaluator
 * busy.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compileLogic } from '../../src/evaluator/compile-logic.ts';
import { runGuarded } from '../../src/evaluator/guard.ts';
import { LogicContext } from '../../src/evaluator/logic-context.ts';
import { attackedServer } from './attacked-server.ts';

const SOURCE = `
import { component, pipeline } from 'headrace';
export const one = component({}, (n: number) => n);
export const endless = pipeline({ name: 'endless', project: 'tests' }, async () => { await one(1); for (;;); });
export const floods = pipeline({ name: 'floods', project: 'tests' }, async () => { for (let i = 0; i < 600_000; i += 1) one(i); });
export const fine = pipeline({ name: 'fine', project: 'tests' }, async () => { let sum = 0; for (let i = 0; i < 5; i += 1) sum += await one(i); return sum; });
`;

const server = attackedServer(SOURCE);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-escape-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `escape` creates the marker if the value leads to an object outside of the context. */
const bundleOf = (body: string, marker: string): string => `
const escape = (value) => {
  try {
    value.constructor.constructor('return process')().getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(marker)}, '');
  } catch {}
};
const nothing = () => null;
var __headrace = { start: nothing, describe: nothing };
${body}
`;

/** Errors have stacks in the local evaluator, whose context is no boundary: only AWS holds it. */
const STACKS = 'stacks that are formatted at the end of the stack';

const BUNDLES: Readonly<Record<string, string>> = {
  'an import behind a function that looks like a regular expression': `
    let p;
    void (function () {} / (p = import('x')) / 1);
    p.catch(escape);`,
  'an import behind a class that looks like a regular expression': `
    let p;
    void (class {} / (p = import('x')) / 1);
    p.catch(escape);`,
  'a driver whose methods are proxies': `
    const spy = new Proxy(nothing, { apply: (target, self, list) => (escape(list), escape(self), null) });
    __headrace = new Proxy({}, { get: () => spy });`,
  'a driver that is a function with getters': `
    __headrace = { get start() { return new Proxy(nothing, { apply: (target, self, list) => (escape(list), null) }); } };`,
  [STACKS]: `
    Error.stackTraceLimit = 100;
    const thrown = [];
    let probes = 2_000;
    const dive = () => {
      const error = new Error();
      try { dive(); } catch (caught) { thrown.push(caught); }
      if (probes-- > 0) try { void error.stack; } catch (caught) { thrown.push(caught); }
    };
    const attack = () => {
      try { dive(); } catch {}
      for (const each of thrown) escape(each);
    };
    __headrace.start = () => { attack(); return null; };
    attack();`,
};

/** Calls the driver as a host would that knows nothing of attacks. */
async function runUnprotected(text: string): Promise<void> {
  const context = vm.createContext({});
  new vm.Script(text).runInContext(context);
  Reflect.get(context, '__headrace').start('{}');
  await delay(50);
}

/** Calls the driver as the evaluator's function does. */
async function runAsDeployed(text: string): Promise<void> {
  try {
    const context = new LogicContext(await compileLogic(text), {
      seed: 'seed',
      at: 0,
      stacks: false,
      frames: true,
      timeoutMs: 10_000,
      commandLimit: 1,
      watch: runGuarded,
    });
    context.guard(() => context.driver.start('{}'));
    context.guard(() => context.drain());
  } catch (error) {
    expect(String(error)).toMatch(/^[A-Z]\w*Error/);
  }
  await delay(50);
}

/** Registers the text as the logic of a version, starts a run of it, and waits for its end. */
async function runOnServer(name: string, text: string): Promise<string> {
  const { client } = server();
  const hash = createHash('sha256').update(text).digest('hex');
  const { items } = await client.createUploads({
    code: [{ hash, type: 'js', size: Buffer.byteLength(text) }],
  });
  const url = items[0]?.upload?.url;
  if (url !== undefined) expect((await fetch(url, { method: 'PUT', body: text })).status).toBe(200);
  const code = createHash('sha256')
    .update(JSON.stringify([hash, [], null]))
    .digest('hex');
  await client.registerVersion({
    code: {
      hash: code,
      id: 'main.ts#main',
      name: 'main',
      signature: { style: 'positional', parameters: [], rest: false },
      logic: {
        hash,
        key: `code/${hash}.js`,
        size: Buffer.byteLength(text),
        packages: [],
        resolvedImports: {},
      },
      components: [],
      serializers: null,
      projectRoot: '/nowhere',
    },
    declaration: { name, project: 'attacks' },
  });
  const { id } = await client.createRun({ project: 'attacks', pipeline: name, args: {} });
  await vi.waitUntil(async () => !/queued|running/.test((await client.run(id)).status), {
    timeout: 60_000,
    interval: 50,
  });
  return (await client.run(id)).status;
}

describe('logic that tries to leave its context', () => {
  test.each(Object.entries(BUNDLES))('%s reaches nothing', async (name, body) => {
    const control = join(folder, `control-${Object.keys(BUNDLES).indexOf(name)}`);
    await runUnprotected(bundleOf(body, control));
    expect(existsSync(control), 'the attack succeeds in a context without protection').toBe(true);

    const deployed = join(folder, `deployed-${Object.keys(BUNDLES).indexOf(name)}`);
    await runAsDeployed(bundleOf(body, deployed));
    expect(existsSync(deployed)).toBe(false);
    if (name === STACKS) return;

    const local = join(folder, `local-${Object.keys(BUNDLES).indexOf(name)}`);
    const pipeline = `attack-${Object.keys(BUNDLES).indexOf(name)}`;
    expect(await runOnServer(pipeline, bundleOf(body, local))).toBe('failed');
    expect(existsSync(local)).toBe(false);
  });
});

describe('logic that keeps the evaluator busy', () => {
  test('an endless loop is stopped by name, and another run completes', async () => {
    const { cli } = server();
    const endless = cli('run', 'main.ts', '--pipeline', 'endless', '--json');
    const fine = cli('run', 'main.ts', '--pipeline', 'fine', '--json');
    expect(JSON.parse((await fine).stdout)).toMatchObject({ status: 'completed', result: 10 });
    expect(JSON.parse((await endless).stdout)).toMatchObject({
      status: 'failed',
      error: { name: 'LogicTimeoutError' },
    });
  });

  test('600,000 calls are refused by name', async () => {
    const { cli } = server();
    const { stdout } = await cli('run', 'main.ts', '--pipeline', 'floods', '--json');
    const { status, error } = JSON.parse(stdout);
    expect({ status, name: error.name }).toEqual({
      status: 'failed',
      name: expect.stringMatching(/RunawayLogicError|LogicTimeoutError|LogicMemoryError|Limit/),
    });
  });
});
