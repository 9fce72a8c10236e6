import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { completed, HandRun } from './logic.ts';

const value = async (expression: string, top = ''): Promise<unknown> => {
  const run = await HandRun.start(`async () => (${expression})`, { top });
  if (run.threw !== undefined) throw new Error(`${run.threw.name}: ${run.threw.message}`);
  return run.returned;
};

test('the time is that of the delivered event, at first that of the run, and never decreases', async () => {
  const run = await HandRun.start(
    'async () => { const times = [loaded, Date.now()]; await a(); times.push(Date.now(), performance.now()); await a(); times.push(new Date().getTime()); return times }',
    {
      top: 'const loaded = Date.now();',
    },
  );
  await run.after(
    { ...completed(0, null), at: 1_700_000_005_000 },
    { ...completed(1, null), at: 1_700_000_003_000 },
  );
  expect(run.returned).toEqual([
    1_700_000_000_000, 1_700_000_000_000, 1_700_000_005_000, 5000, 1_700_000_005_000,
  ]);
});

test('random numbers depend on the seed: they are the same in every replay, and differ between runs', async () => {
  const main =
    'async () => [loaded, Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]';
  const top = 'const loaded = Math.random();';
  const one = await HandRun.start(main, { top });
  const same = await HandRun.start(main, { top });
  const other = await HandRun.start(main, { top, info: { ...same.info, seed: 'another' } });
  expect(same.returned).toEqual(one.returned);
  expect(other.returned).not.toEqual(one.returned);
  expect(one.returned).toEqual([
    expect.any(Number),
    expect.any(Number),
    expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    expect.any(Array),
  ]);
});

test('random numbers are evenly distributed', async () => {
  const [mean, spread] = (await value(
    '(() => { const n = 20000, r = Array.from({ length: n }, Math.random); return [r.reduce((s, x) => s + x) / n, Math.max(...r) - Math.min(...r)] })()',
  )) as [number, number];
  expect(mean).toBeGreaterThan(0.48);
  expect(mean).toBeLessThan(0.52);
  expect(spread).toBeGreaterThan(0.99);
});

test.each([
  ['new Date(2020, 0, 31, 12).toISOString()', '2020-01-31T12:00:00.000Z'],
  ['new Date("2020-01-31T12:00:00").getTime() === Date.UTC(2020, 0, 31, 12)', true],
  ['new Date("2020-07-01T12:00:00+02:00").toISOString()', '2020-07-01T10:00:00.000Z'],
  ['new Date("2020-07-01").getHours()', 0],
  ['new Date("July 1, 2020 10:00").toISOString()', '2020-07-01T10:00:00.000Z'],
  ['new Date(0).toString()', 'Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)'],
  ['new Date(0).getTimezoneOffset()', 0],
  [
    '(() => { const d = new Date(0); d.setHours(5); return d.toISOString() })()',
    '1970-01-01T05:00:00.000Z',
  ],
  ['new Date(0).toLocaleString()', '1/1/1970, 12:00:00 AM'],
  ['new Date(0).toLocaleDateString("de-DE", { month: "long" })', 'Januar'],
  ['new Intl.DateTimeFormat().resolvedOptions().timeZone', 'UTC'],
  ['(1234.5).toLocaleString()', '1,234.5'],
  [
    'new Date() instanceof Date && Date.prototype.constructor === Date && typeof Date() === "string"',
    true,
  ],
  ['new (class Day extends Date { day() { return this.getDate() } })(0).day()', 1],
  ['new Date(NaN).toString()', 'Invalid Date'],
  ['new Date(new Date(5)).getTime()', 5],
])('%s is the same on every machine', async (expression, expected) => {
  const zone = process.env.TZ;
  process.env.TZ = 'America/New_York';
  try {
    expect(await value(expression)).toEqual(expected);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test.each([
  ['setTimeout(() => 1, 5)', 'sleep'],
  ['setInterval(() => 1, 5)', 'sleep'],
  ['setImmediate(() => 1)', 'sleep'],
  ['fetch("https://example.org")', 'component'],
  ['await import("node:fs")', 'component'],
  ['await import(globalThis.name ?? "fs")', 'component'],
  ['require("fs")', 'component'],
  ['new WebSocket("wss://example.org")', 'component'],
  ['new WeakRef({})', 'component'],
  ['new FinalizationRegistry(() => 1)', 'component'],
  ['Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', 'component'],
  ['Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', 'component'],
  ['WebAssembly.compile(new Uint8Array(8))', 'component'],
  ['new WebAssembly.Module(new Uint8Array(8))', 'component'],
  ['crypto.subtle', 'component'],
  ['process.exit(1)', 'component'],
  ['process.cwd()', 'component'],
  ['eval("1")', 'component'],
  ['new Function("return 1")', 'component'],
  ['__dirname', 'component'],
])('%s throws an error that names an alternative', async (expression, advice) => {
  const run = await HandRun.start(`async () => { ${expression} }`);
  expect(run.threw).toMatchObject({ message: expect.stringContaining(advice) });
  expect(run.threw?.message).not.toMatch(/replay\/|pipeline-logic|__headrace/);
});

test('each global of Node.js exists in the logic, or its use is reported with an alternative', {
  timeout: 60_000,
}, async () => {
  const { names, undefinedNames } = await undefinedGlobals();
  expect(names.length).toBeGreaterThan(70);
  const messages = await Promise.all(
    undefinedNames.map(async (name) => {
      const run = await HandRun.start(`async () => { ${name}; }`);
      return `${name}: ${run.threw?.message}`;
    }),
  );
  expect(messages.filter((message) => !message.includes('component'))).toEqual([]);
});

/** Globals of Node.js 20 to 24, with those of the Node.js that runs the test. */
async function undefinedGlobals() {
  const later = ['CloseEvent', 'ErrorEvent', 'EventSource', 'Storage', 'URLPattern', 'Navigator'];
  const names = [...new Set([...Object.getOwnPropertyNames(globalThis), ...later])].filter(
    (name) => /^[A-Za-z]\w*$/.test(name) && name !== 'undefined',
  );
  const types = `[${names.map((name) => `typeof ${name}`).join(', ')}]`;
  const found = z.array(z.string()).parse(await value(types));
  return { names, undefinedNames: names.filter((_, index) => found[index] === 'undefined') };
}

test('the environment of the process is not visible to the logic', async () => {
  expect(
    await value(
      '[Object.keys(process.env).length, Object.isFrozen(process.env), process.env.PATH, process.argv.length, typeof process.binding]',
    ),
  ).toEqual([0, true, undefined, 0, 'function']);
});

test('packages that detect their platform find an ordinary one', async () => {
  expect(
    await value(
      '[typeof globalThis, typeof global, global === globalThis, typeof window, typeof Buffer, typeof require, typeof queueMicrotask, process.platform]',
    ),
  ).toEqual(['object', 'object', true, 'undefined', 'function', 'function', 'function', 'linux']);
});

test('Buffer behaves as in Node.js', async () => {
  expect(
    await value(
      '[Buffer.from("héllo").toString("base64"), Buffer.from("aGk=", "base64").toString(), Buffer.concat([Buffer.from([1]), new Uint8Array([2])]).toString("hex"), Buffer.isBuffer(new Uint8Array(1)), Buffer.allocUnsafe(2).equals(Buffer.alloc(2)), Buffer.from("a") instanceof Uint8Array, Buffer.byteLength("é")]',
    ),
  ).toEqual(['aMOpbGxv', 'hi', '0102', false, true, true, 2]);
  const run = await HandRun.start('() => { console.log(Buffer.from("hé"), [Buffer.alloc(60)]) }');
  expect(run.of('log').map(({ text }) => text)).toEqual([
    expect.stringMatching(/^<Buffer 68 c3 a9> \[ ?\s*<Buffer( 00){50} \.\.\. 10 more bytes>\s*\]$/),
  ]);
});

test('microtasks run in order within one event', async () => {
  expect(
    await value(
      '(async () => { const seen = []; queueMicrotask(() => seen.push(2)); process.nextTick((x) => seen.push(x), 3); seen.push(1); await null; await null; return seen })()',
    ),
  ).toEqual([1, 2, 3]);
});

test('the console accepts any value', async () => {
  const run = await HandRun.start(`() => {
    const loop = { name: "loop" }; loop.self = loop;
    console.log(loop, [undefined, null, -0, 1n, Symbol("s")], () => 1, class Model {}, new (class Model { x = 1 }), new Set([1]), new Uint8Array(3));
    console.log("%s|%d|%i|%j|%o|%%|%s", "text", "42", 1.9, { a: 1 }, [1]);
    console.warn(new TypeError("bad", { cause: "why" }));
    console.debug({ a: { b: { c: { d: { e: 1 } } } } }, a(1));
    console.group("outer"); console.log("in\\nside"); console.groupEnd(); console.assert(false, "unlikely"); console.table([1]); console.time("t"); console.timeEnd("t");
    console.log("x".repeat(100000));
  }`);
  const texts = run.of('log').map(({ level, text }) => `${level} ${text}`);
  expect(texts[0]).toBe(
    "info { name: 'loop', self: [Circular] } [ undefined, null, -0, 1n, Symbol(s) ] [Function (anonymous)] [Function: Model] Model { x: 1 } Set(1) { 1 } Uint8Array(3) [ 0, 0, 0 ]",
  );
  expect(texts[1]).toBe('info text|42|1|{"a":1}|[ 1 ]|%|%s');
  expect(texts[2]).toBe("warn TypeError: bad\n  cause: 'why'");
  expect(texts[3]).toBe('debug { a: { b: { c: { d: [Object] } } } } Lazy {}');
  expect(texts.slice(4, 8)).toEqual([
    'info outer',
    'info   in\n  side',
    'error Assertion failed unlikely',
    'info [ 1 ]',
  ]);
  expect(texts[8]?.length).toBeLessThan(21_000);
});

describe('the place of an error', () => {
  const main = 'async () => { function inner() { throw new TypeError("deep") } inner() }';
  const PLACE = /^TypeError: deep\n {4}at inner \(pipeline-logic:\d+:\d+\)\n/;

  test.each([
    ['with stacks', true],
    ['without stacks', false],
  ])('its record has frames of the bundle only, %s', async (_, stacks) => {
    const { threw } = await HandRun.start(main, { stacks });
    expect(threw?.stack).toMatch(PLACE);
    expect(threw?.stack).not.toMatch(/node:|file:|\.ts/);
  });

  test('it is the same with stacks and without', async () => {
    const frames = async (stacks: boolean) =>
      (await HandRun.start(main, { stacks })).threw?.stack?.split('\n').slice(0, 2);
    expect(await frames(false)).toEqual(await frames(true));
  });

  test('the logic cannot read it', async () => {
    const run = await HandRun.start(
      'async () => { try { null.x } catch (error) { return [typeof error.stack, Error.stackTraceLimit] } }',
    );
    expect(run.returned).toEqual(['undefined', 0]);
  });

  test('the causes and the inner errors have theirs', async () => {
    const { threw } = await HandRun.start(
      `async () => {
        const cause = (() => new RangeError('low'))();
        throw new AggregateError([(() => new SyntaxError('inner'))()], 'all', { cause });
      }`,
    );
    for (const error of [threw, threw?.cause, threw?.errors?.[0]])
      expect(error?.stack).toMatch(/\n {4}at .*pipeline-logic:\d+:\d+/);
  });

  test.each([
    [
      'a getter of stack that throws',
      'Object.defineProperty(new Error("e"), "stack", { get() { throw 1 } })',
    ],
    [
      'a stack that overflows',
      '(() => { const f = () => f(); try { f() } catch (e) { return e } })()',
    ],
    ['a proxy of an error', 'new Proxy(new Error("e"), {})'],
    ['an object with a message', '({ name: "E", message: "e" })'],
    ['a frozen error', 'Object.freeze(new Error("e"))'],
    [
      'an error with the number of another one as its stack',
      'Object.assign(new Error("e"), { stack: "error 99" })',
    ],
  ])('%s fails the run as any other error', async (_, expression) => {
    const { threw } = await HandRun.start(`async () => { throw ${expression} }`);
    expect(threw?.name).toMatch(/^(Error|RangeError|E|NonError)$/);
    expect(threw?.stack ?? '').not.toMatch(/^error \d|node:/);
  });
});
