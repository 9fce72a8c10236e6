/**
 * Bundles without the replay SDK, which whoever uploads code can write: none of them reaches an
 * object of the host.
 *
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { compileLogic } from '../../../src/evaluator/compile-logic.ts';
import { describeLogic } from '../../../src/evaluator/describe-logic.ts';
import { runGuarded } from '../../../src/evaluator/guard.ts';
import { LogicContext } from '../../../src/evaluator/logic-context.ts';
import { HeadraceError } from '../../../src/model/headrace-error.ts';
import { DIVERGED } from '../../../src/sdk/replay/driver-interface.ts';
import { HandRun, runInfo } from './logic.ts';

/**
 * Collects values in `leaked`, and describes them: `foreign` for one whose prototypes do not belong
 * to the context.
 */
const PROBE = `
  const leaked = [];
  const own = [Object, Array, Error, Promise, Function, RangeError, TypeError].map((type) => type.prototype);
  const isForeign = (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
    for (let next = value; next !== null; next = Object.getPrototypeOf(next)) if (own.includes(next)) return false;
    return Object.getPrototypeOf(value) !== null;
  };
  const report = () => leaked.length + ' values, ' + leaked.filter(isForeign).length + ' foreign';
  const spy = (...lists) => new Proxy(() => null, { apply(target, self, list) { leaked.push(list, ...list); return Reflect.apply(target, self, list) } });
  const methods = ['describe', 'start', 'expect', 'deliverCompleted', 'deliver', 'concludeEvent', 'status', 'neededValue', 'supplyText', 'allocate', 'supplyBytes', 'supplyFile', 'rejectTooLarge', 'dequeueCommands', 'queuedCommandCount', 'missingCommand', 'divergence', 'state'];
  const driver = Object.fromEntries(methods.map((name) => [name, () => 0]));
  driver.describe = report;
`;

const contextOf = async (body: string): Promise<LogicContext> =>
  new LogicContext(
    await compileLogic(`var __headrace = (() => { ${PROBE} ${body}; return driver; })();`),
    {
      seed: 'seed',
      at: 0,
      stacks: false,
      frames: true,
      timeoutMs: 20000,
      commandLimit: 1,
      watch: runGuarded,
    },
  );

/** What the bundle reports after the host called its methods. */
async function reportOf(body: string): Promise<string> {
  const context = await contextOf(body);
  const { driver } = context;
  const calls: readonly (() => unknown)[] = [
    () => driver.start('{}'),
    () => driver.deliverCompleted(1, 2, 'json', '3'),
    () => driver.allocate(8),
    () => driver.state(),
  ];
  for (const call of calls) {
    try {
      context.guard(call);
    } catch (error) {
      expect((error as Error).name).toBe('TamperedContextError');
    }
    context.guard(() => context.drain());
    await nextTurn();
  }
  return context.guard(() => driver.describe());
}

test.each([
  ['a method that is a proxy', 'driver.start = spy()'],
  [
    'every method is a proxy',
    'for (const name of methods) if (name !== "describe") driver[name] = spy()',
  ],
  [
    'a method that is a revocable proxy',
    'driver.start = Proxy.revocable(() => 1, { apply(target, self, list) { leaked.push(list) } }).proxy',
  ],
  [
    'a method that is a proxy whose trap is a proxy',
    'driver.start = new Proxy(() => 1, { apply: spy() })',
  ],
  [
    'a method that is a proxy of a class of proxies',
    'driver.start = new (class { constructor() { return new Proxy(() => 1, this) } apply(target, self, list) { leaked.push(this, list) } })()',
  ],
  [
    'a thrown error with a getter that is a proxy',
    'driver.start = () => { throw Object.defineProperty({}, "message", { get: spy() }) }',
  ],
  [
    'a thrown proxy',
    'driver.start = () => { throw new Proxy({}, { get: spy(), getPrototypeOf: spy() }) }',
  ],
  [
    'a buffer with a getter that is a proxy',
    'driver.allocate = (size) => Object.defineProperty(new ArrayBuffer(size), "byteLength", { get: spy() })',
  ],
  [
    'an unobserved rejection with a proxied prototype',
    'driver.start = () => { Object.setPrototypeOf(Promise.reject(1), new Proxy({}, { get: spy() })) }',
  ],
  [
    'a rejection with a reason whose properties are proxies',
    'driver.start = () => { void Promise.reject(new Proxy({}, { get: spy(), has: spy(), getPrototypeOf: spy() })) }',
  ],
])('%s receives no object of the host', async (_what, body) => {
  expect(await reportOf(body)).toMatch(/ 0 foreign$/);
});

test('a driver whose getters are proxies receives no object of the host', async () => {
  const context = await contextOf(
    'for (const name of methods) { const method = driver[name]; Object.defineProperty(driver, name, { get: new Proxy(() => method, { apply(target, self, list) { leaked.push(list); return target() } }) }) }',
  );
  expect(context.guard(() => context.driver.describe())).toBe('18 values, 0 foreign');
});

test('the probe recognises an object of the host', async () => {
  const context = await contextOf(
    'driver.describe = (value) => { leaked.push(value); return report() }',
  );
  const describe: unknown = Reflect.get(context.driver, 'describe');
  if (typeof describe !== 'function') throw new TypeError('the driver has no method');
  expect(context.guard(() => describe([1]))).toBe('1 values, 1 foreign');
});

/** After `function () {}`, the lexer takes a division for a regular expression. */
const MISREAD = [
  "function () {} / (leaked.push(import('x'))) / 1",
  "class {} / (leaked.push(import('x'))) / 1",
  "function () {} / (leaked.push(import.source('x'))) / 1",
  "function () {} / (leaked.push(import\u00a0\u2028\ufeff('x'))) / 1",
  "function () {} / import /* why */ ('x') / 1",
  "function () {} / import // why\n ('x') / 1",
  "function () {} / import <!-- /\n ('x') / 1",
  "function () {} / import\u2028--> /\n ('x') / 1",
];

test.each(MISREAD)('an import where the lexer sees none is refused: %j', async (value) => {
  await expect(contextOf(`const value = ${value}`)).rejects.toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringContaining('import at the top of the file'),
  });
});

test('the word import in texts, regular expressions and names keeps its meaning', async () => {
  const context = await contextOf(String.raw`
    const texts = ['import(x)', "\import(x)", '\\import(x)', '\\\import(x)', ${'`import (${1})`'}, { import: 1, x: 2 }.import + 'import.meta'];
    const tests = [/^import(x)$/.test('importx'), /^\import.$/.test('import!'), /^[import (]+$/.test('(import)'.slice(0, 7))];
    const importer = { import(x) { return x }, $import: (x) => x };
    driver.describe = () => JSON.stringify([...texts, ...tests, importer.import(7), importer.$import(8)])`);
  expect(JSON.parse(context.guard(() => context.driver.describe()))).toEqual([
    'import(x)',
    'import(x)',
    String.raw`\import(x)`,
    String.raw`\import(x)`,
    'import (1)',
    '1import.meta',
    true,
    true,
    true,
    7,
    8,
  ]);
});

test.each([
  ['reading stacks', 'void new Error("x").stack; void e.stack'],
  ['capturing stacks', 'Error.captureStackTrace({})'],
  [
    'a stack limit of its own',
    'Error.stackTraceLimit = 10; delete Error.stackTraceLimit; void new Error("x").stack',
  ],
  [
    'a redefined stack limit',
    'try { Object.defineProperty(Error, "stackTraceLimit", { value: 10 }) } catch {} void new Error("x").stack',
  ],
  ['the console', 'globalThis.console?.log(e)'],
  [
    'WebAssembly',
    'globalThis.WebAssembly?.compileStreaming?.(e); globalThis.WebAssembly?.compile(new Uint8Array(8))',
  ],
  [
    'evaluation',
    'try { eval("1") } catch (x) { leaked.push(x) } try { Function("1") } catch (x) { leaked.push(x) }',
  ],
  [
    'globals',
    'globalThis.probe = 1; delete globalThis.probe; Object.keys(globalThis); Object.defineProperty(globalThis, "p2", { get() { leaked.push(Object.getPrototypeOf(this)); return 1 }, configurable: true }); globalThis.p2',
  ],
  ['formatting', 'new Date().toLocaleString(); new Intl.NumberFormat().format(1)'],
])('%s with a nearly full stack throws only errors of the context', async (_what, statement) => {
  expect(
    await reportOf(`
      let left = 0;
      const probe = (e) => { if (left-- < 0) return; try { ${statement} } catch (x) { leaked.push(x) } };
      const dive = () => { let e = 1; try { e = new Error('x'); dive() } catch (x) { leaked.length < 5000 && leaked.push(x); probe(x) } probe(e) };
      driver.start = () => { for (let pad = 0; pad < 12; pad++) { left = 60; const down = (n) => (n > 0 ? down(n - 1) : dive()); try { down(pad) } catch (x) { leaked.push(x) } } };`),
  ).toMatch(/[1-9]\d* values, 0 foreign$/);
});

test.each(['WebAssembly', 'WeakRef', 'FinalizationRegistry', 'console'])(
  '%s is not a global of a bundle without the replay SDK',
  async (name) => {
    const context = await contextOf(`driver.describe = () => typeof globalThis.${name}`);
    expect(context.guard(() => context.driver.describe())).toBe('undefined');
  },
);

const bundleOf = (body: string): string =>
  `var __headrace = (() => { ${PROBE} ${body}; return driver; })();`;

test.each(['no JSON', '', '[]', '{"pipeline":{"name":{"toString":1}},"components":[]}'])(
  'a bundle that describes itself as %j is refused with an error of Headrace',
  async (text) => {
    await expect(
      describeLogic(bundleOf(`driver.describe = () => ${JSON.stringify(text)}`)),
    ).rejects.toThrow(HeadraceError);
  },
);

test.each(['no JSON', '', '{"number":{"toString":1,"valueOf":1},"recorded":"a","issued":"b"}'])(
  'a bundle whose divergence is %j breaks its run',
  async (text) => {
    const code = bundleOf(
      `driver.status = () => ${DIVERGED}; driver.divergence = () => ${JSON.stringify(text)}`,
    );
    expect(await HandRun.of(runInfo(), code).evaluate()).toMatchObject({
      kind: 'broken',
      error: { name: 'TamperedContextError' },
    });
  },
);
