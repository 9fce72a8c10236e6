import { expect, test } from 'vitest';
import { completed, HandRun } from './logic.ts';

/** Code that classifies a value: `contained` if its constructors cannot run code of the host. */
const PROBE = `
  const host = (F) => { try { return typeof F('return process.pid')() } catch (error) { return error.constructor.constructor === Function ? 'contained' : 'foreign error' } };
  const of = (value) => { if (value === null || value === undefined) return 'contained'; const F = value.constructor?.constructor ?? Function; return F === Function ? host(F) : 'foreign ' + host(F) };
`;

test.each([
  ['the global', 'of(globalThis)'],
  ['this of a sloppy function', 'of((function () { return this })())'],
  ['bare constructor', 'of(constructor)'],
  ['the prototype of the global', 'of(Object.getPrototypeOf(globalThis) ?? {})'],
  [
    'the caller',
    '(() => { function f() { return f.caller } try { return of(f()) } catch (e) { return of(e) } })()',
  ],
  [
    'arguments.callee.caller',
    '(() => { function f() { return arguments.callee.caller } try { return of(f()) } catch (e) { return of(e) } })()',
  ],
  ['a promise of an async function', 'of((async () => 1)())'],
  ['a refused import', 'await import("node:fs").then(of, of)'],
  ['a refused import with a dynamic name', 'await import("node:" + "fs").then(of, of)'],
  ['a refused import in a template', 'await `${await import("node:fs").then(of, of)}`'],
  ['an EvalError', '(() => { try { eval("1") } catch (e) { return of(e) } })()'],
  [
    'the async function constructor',
    '(() => { try { return of((async () => 1).constructor("return 1")) } catch (e) { return of(e) } })()',
  ],
  [
    'the generator constructor',
    '(() => { try { return of((function* () {}).constructor("yield 1")) } catch (e) { return of(e) } })()',
  ],
  ['a RangeError', '(() => { try { new Array(-1) } catch (e) { return of(e) } })()'],
  ['a stack overflow', '(() => { const f = () => f(); try { f() } catch (e) { return of(e) } })()'],
  ['the console', 'of(console) + of(console.log)'],
  ['process', 'of(process) + of(process.env)'],
  ['Date', 'of(Date) + of(new Date())'],
  ['a formatter', 'of(Intl.NumberFormat) + of(new Intl.DateTimeFormat())'],
  ['a Lazy', 'of(a()) + of(a().then) + of(a().then(() => 1))'],
  ['a tuple', 'of(two()) + of(two().then)'],
  ['an error of the SDK', '(() => { try { a(() => 1) } catch (e) { return of(e) } })()'],
  ['a sleep', 'of(sleep(1))'],
])('%s does not lead to an object of the host', async (_what, expression) => {
  const run = await HandRun.start(`async () => { ${PROBE} return (${expression}) }`);
  expect(run.threw).toBeUndefined();
  expect(String(run.returned).replaceAll('contained', '')).toBe('');
});

test('a decoded value, a failed step and the arguments of a callback do not lead to an object of the host', async () => {
  const run = await HandRun.start(
    `async () => { ${PROBE} const seen = [of(await a())]; try { await b() } catch (e) { seen.push(of(e), of(e.cause)) } await w(1); return [...seen, ...views] }`,
    {
      top: `const views = []; const w = step('w', { preExecuteCallback: (...all) => { ${PROBE} for (const x of [...all, all[0].logger.info, all[1].parents, all[2].x]) views.push(of(x)) } });`,
    },
  );
  const node = {
    name: 'w',
    component: 'w',
    status: 'pending',
    attempt: 0,
    parents: ['p'],
    executionQueue: 'q',
    artifacts: [],
    models: [],
  } as const;
  await run.after(completed(0, { x: [1] }));
  await run.after({
    kind: 'failed',
    call: 1,
    step: 'b',
    attempts: 1,
    error: { name: 'E', message: 'm', cause: { name: 'F', message: 'n' } },
  });
  await run.after(
    {
      kind: 'callback',
      call: 2,
      component: 'w',
      node,
      input: { kind: 'preExecute', args: { data: { format: 'json', text: '[1]' }, refs: [] } },
    },
    completed(2, null),
  );
  expect(run.returned).toEqual(Array.from({ length: 9 }, () => 'contained'));
});

/**
 * Each statement runs when the stack is nearly full, where an error that the host throws would be
 * an object of the host.
 */
test.each([
  ['reading stacks', 'void e.stack'],
  ['capturing stacks', 'Error.captureStackTrace({})'],
  ['the console', 'console.log(e)'],
  ['globals', 'globalThis.probe = 1; delete globalThis.probe; Object.keys(globalThis)'],
  ['formatting', 'new Date().toLocaleString()'],
  ['issuing a call', 'a(1)'],
])('%s with a nearly full stack throws only errors of the context', async (_what, statement) => {
  const run = await HandRun.start(
    `async () => {
      let foreign = 0, left = 0;
      const mine = (x) => x === null || typeof x !== 'object' || x instanceof Error;
      const probe = (e) => { if (left-- < 0) return; try { ${statement} } catch (x) { if (!mine(x)) foreign++ } };
      const dive = () => { const e = new Error('x'); try { dive() } catch (x) { if (!mine(x)) foreign++; else probe(x) } probe(e) };
      for (let pad = 0; pad < 12; pad++) { left = 60; const down = (n) => (n > 0 ? down(n - 1) : dive()); try { down(pad) } catch (x) { if (!mine(x)) foreign++ } }
      return foreign;
    }`,
    { commandLimit: 1e7 },
  );
  expect(run.returned).toBe(0);
});

test('prepareStackTrace of the user is not called, with stacks or without', async () => {
  const main = `async () => { ${PROBE} let got = 'contained'; try { Error.prepareStackTrace = (e, frames) => { got = of(frames) + of(frames[0]?.getThis()); return 'mine' } } catch {} String(new Error('x').stack); return got }`;
  for (const stacks of [false, true])
    expect((await HandRun.start(main, { stacks })).returned).toBe('contained');
});

const TAMPERING = [
  'Object.prototype.toJSON = () => "tampered"',
  'String.prototype.toJSON = () => 1',
  'Array.prototype.toJSON = () => ({})',
  'JSON.stringify = () => "{"',
  'JSON.parse = () => ({ kind: "completed" })',
  'Array.prototype.push = () => { throw 1 }',
  'Array.prototype.join = () => ({})',
  'Array.prototype.join = () => { for (;;); }',
  'Array.prototype[Symbol.iterator] = function* () { yield 1 }',
  'Array.prototype.map = () => null',
  'Array.prototype.shift = () => ({ call: { supply() { throw 1 } } })',
  'Promise.prototype.then = () => { throw new Error("no then") }',
  'Promise.prototype.then = () => 1',
  'globalThis.Promise = null',
  'Object.defineProperty(Object.prototype, "get", { get() { throw 1 } })',
  'Object.prototype.then = (resolve) => resolve(1)',
  'Object.prototype.kind = "abort"; Object.prototype.reason = "x"',
  'Map.prototype.get = () => ({}); Map.prototype.set = () => 1; WeakMap.prototype.get = () => () => 1',
  'Object.freeze(Object.prototype); Object.freeze(Array.prototype)',
  'Error.prototype.name = { toString() { throw 1 } }',
  'Symbol.prototype[Symbol.toPrimitive] = () => { throw 1 }',
  'for (const key of Object.getOwnPropertyNames(globalThis)) { try { globalThis[key] = undefined } catch {} }',
  'for (const key of Reflect.ownKeys(Array.prototype)) { try { delete Array.prototype[key] } catch {} }',
  'Object.setPrototypeOf(Object.prototype.__proto__ ?? {}, new Proxy({}, {}))',
  'Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 1 }',
  'Reflect.apply = Reflect.get = Reflect.construct = () => { throw 1 }',
];

test.each(TAMPERING)('%s affects at most its own run', async (statement) => {
  const run = await HandRun.start(
    'async () => { let x = 0; try { x = await a(1) } finally { tamper() } const y = b([x], { x }); const z = two(y); await z[1]; return { x, y } }',
    {
      top: `const tamper = () => { ${statement} };`,
      timeoutMs: 400,
    },
  );
  const answers: string[] = [];
  for (const event of [completed(0, { deep: [1] }), completed(1, 2), completed(2, 3, 4)]) {
    const answer = await run.append(event).evaluate();
    answers.push(answer.kind);
    if (answer.kind === 'broken') break;
    run.signatures.push(...answer.commands.map(({ signature }) => signature));
    const calls = run.signatures.filter((signature) => signature.startsWith('call')).length;
    if (calls < 3 && answers.length === calls) break;
  }
  expect(answers.every((kind) => kind === 'page' || kind === 'broken')).toBe(true);
  expect(JSON.stringify({})).toBe('{}');
  const next = await HandRun.start('async () => await a()');
  await next.after(completed(0, 'well'));
  expect(next.returned).toBe('well');
});
