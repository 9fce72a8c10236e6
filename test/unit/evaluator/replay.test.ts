import { expect, test } from 'vitest';
import { completed, failed, HandRun, json, runInfo } from './logic.ts';

test('a component is declared before its first call, and an immediately awaited call is marked', async () => {
  const run = await HandRun.start('async () => { const x = await a(1, "two"); return await a(x) }');
  expect(run.commands).toMatchObject([
    {
      kind: 'declare',
      component: { name: 'a', id: 'pipeline.ts#a', returnValues: ['return_object'], cache: false },
    },
    {
      kind: 'call',
      component: 'a',
      args: { data: { format: 'json', text: '[1,"two"]' }, refs: [] },
      digest: 'a[1,"two"]',
      awaited: true,
    },
  ]);
  expect(await run.after(completed(0, 7))).toMatchObject([
    { kind: 'call', args: { data: { text: '[7]' } }, awaited: true },
  ]);
  expect(await run.after(completed(1, { done: true }))).toMatchObject([
    { kind: 'returned', value: { format: 'json', text: '{"done":true}' } },
  ]);
});

test('a graph without awaits is issued at once, with its edges and without positions in its digests', async () => {
  const run = await HandRun.start(`async () => {
    const first = a(1), again = a(1);
    b({ deep: [first, { again }] });
    const [left, right] = two(first);
    c(left, right);
  }`);
  expect(run.of('call').map(({ args }) => args.refs)).toEqual([
    [],
    [],
    [
      { path: [0, 'deep', 0], call: 0, value: null },
      { path: [0, 'deep', 1, 'again'], call: 1, value: null },
    ],
    [{ path: [0], call: 0, value: null }],
    [
      { path: [0], call: 3, value: 0 },
      { path: [1], call: 3, value: 1 },
    ],
  ]);
  const [first, again, nested] = run.of('call').map(({ digest }) => digest);
  expect(first).toBe('a[1]');
  expect(again).toBe('a[1]');
  expect(nested).toMatch(/^b#[0-9a-f]{32}$/);
  expect(run.of('call').every(({ awaited }) => !awaited)).toBe(true);
});

test('equal calls have equal digests at any position, and different calls have different ones', async () => {
  const digests = async (main: string) =>
    (await HandRun.start(main)).of('call').map(({ digest }) => digest);
  const [, , straight] = await digests(
    'async () => { const x = a(1); const y = a(1); b(y, "text long enough that the digest is a hash, whatever comes") }',
  );
  const later = (
    await digests(
      'async () => { c(); a(2); const x = a(1); c(); const y = a(1); b(y, "text long enough that the digest is a hash, whatever comes") }',
    )
  ).at(-1);
  const other = (
    await digests(
      'async () => { const x = a(1); const y = a(1); b(x, "text long enough that the digest is a hash, whatever comes") }',
    )
  ).at(-1);
  expect(later).toBe(straight);
  expect(other).not.toBe(straight);
});

test('a handler that is attached later is a separate command, and one on a completed call is none', async () => {
  const run = await HandRun.start(
    'async () => { const x = a(1), y = a(2); await x; await y; await c(); await x; await y }',
  );
  expect(run.commands.slice(1)).toMatchObject([
    { kind: 'call', awaited: false },
    { kind: 'call', awaited: false },
    { kind: 'await', call: 0 },
  ]);
  expect(await run.after(completed(0, null))).toMatchObject([{ kind: 'await', call: 1 }]);
  expect(await run.after(completed(1, null))).toMatchObject([
    { kind: 'declare' },
    { kind: 'call', awaited: true },
  ]);
  expect(await run.after(completed(2, null))).toMatchObject([{ kind: 'returned' }]);
});

test('a call is not marked as `awaited` by a handler that is attached after an event', async () => {
  const run = await HandRun.start(
    'async () => { const x = a(1); x.then(() => undefined); const y = b(2); await x; await y }',
  );
  expect(run.of('call').map(({ awaited }) => awaited)).toEqual([true, false]);
  expect(await run.after(completed(0, 1))).toMatchObject([{ kind: 'await', call: 1 }]);
});

test('several values are Lazies and a tuple, and a single value is the result', async () => {
  const run = await HandRun.start(`async () => {
    const pair = two(1);
    const [left, right] = pair;
    const whole = await pair;
    return [await left, await right, whole, Array.isArray(pair), pair.length, Array.isArray(whole), [...pair].length];
  }`);
  await run.after(completed(0, 'L', 'R'));
  expect(run.returned).toEqual(['L', 'R', ['L', 'R'], true, 2, true, 2]);
});

test('values are created in the context: every await returns the same object, and instanceof holds', async () => {
  const run = await HandRun.start(`async () => {
    const lazy = a();
    const one = await lazy, other = await lazy;
    return [one === other, one instanceof Array, one[0] instanceof Object, one[0].constructor === Object];
  }`);
  await run.after(completed(0, [{}]));
  expect(run.returned).toEqual([true, true, true, true]);
});

test('a value that JSON cannot represent is restored', async () => {
  const run = await HandRun.start(
    'async () => { const v = await a(); return [v instanceof Map, v.get("k") instanceof Date, [...v.keys()]] }',
  );
  const { encode, toInline } = await import('../../../src/codec/index.ts');
  const value = toInline(encode(new Map([['k', new Date(5)]])));
  await run.after({ kind: 'completed', call: 0, values: [value] });
  expect(run.returned).toEqual([true, true, ['k']]);
});

test('Lazies nested in the result are awaited and replaced by their values', async () => {
  const run = await HandRun.start(
    '() => { const x = a(1); return { x, list: [a(2), { y: x }], map: new Map([["k", a(3)]]).size, pair: two() } }',
  );
  expect(run.of('call')).toHaveLength(4);
  expect(run.of('await').map(({ call }) => call)).toEqual([0, 1, 3]);
  await run.after(completed(0, 'A'), completed(1, 'B'));
  expect(run.of('returned')).toHaveLength(0);
  await run.after(completed(3, 'L', 'R'));
  expect(run.returned).toEqual({ x: 'A', list: ['B', { y: 'A' }], map: 1, pair: ['L', 'R'] });
});

test('a pipeline that returns undefined issues a returned command', async () => {
  const run = await HandRun.start('() => undefined');
  expect(run.commands).toMatchObject([{ kind: 'returned', value: { format: 'cbor' } }]);
});

test('failed, skipped and aborted steps throw errors of the context with their details', async () => {
  const run = await HandRun.start(`async () => {
    const seen = [];
    for (const lazy of [a(), b(), c()]) {
      try { await lazy } catch (error) {
        const { name, message, step, attempts, because } = error;
        seen.push({ name, message, step, attempts, because, cause: error.cause && [error.cause.name, error.cause.message, error.cause instanceof Error],
          is: [error instanceof StepFailedError, error instanceof StepSkippedError, error instanceof StepAbortedError, error instanceof Error] });
      }
    }
    return seen;
  }`);
  await run.after(failed(0, 'no luck'));
  await run.after({ kind: 'skipped', call: 1, step: 'b', cause: 'a' });
  await run.after({ kind: 'aborted', call: 2, step: 'c' });
  expect(run.returned).toEqual([
    expect.objectContaining({
      name: 'StepFailedError',
      step: 'step 0',
      attempts: 2,
      cause: ['TypeError', 'no luck', true],
      is: [true, false, false, true],
    }),
    expect.objectContaining({
      name: 'StepSkippedError',
      step: 'b',
      because: 'a',
      is: [false, true, false, true],
    }),
    expect.objectContaining({
      name: 'StepAbortedError',
      step: 'c',
      is: [false, false, true, true],
    }),
  ]);
});

test('a handler on a step that failed before is a command: the failure is handled', async () => {
  const run = await HandRun.start(
    'async () => { const x = a(1); await b(); try { await x } catch { return "handled" } }',
  );
  await run.after(failed(0));
  expect(await run.after(completed(1, null))).toMatchObject([
    { kind: 'await', call: 0 },
    { kind: 'returned' },
  ]);
});

test('an error that the function throws is recorded with its step and its cause', async () => {
  const run = await HandRun.start('async () => { await a() }');
  await run.after(failed(0, 'boom'));
  expect(run.threw).toMatchObject({
    name: 'StepFailedError',
    step: 'step 0',
    message: expect.stringContaining('boom'),
    cause: { name: 'TypeError', message: 'boom' },
  });
});

test.each([
  ['throw 42', 'NonError', 'threw 42'],
  ['throw "text"', 'NonError', 'threw "text"'],
  ['throw null', 'NonError', 'threw null'],
  ['null.x', 'TypeError', 'Cannot read properties of null'],
  ['throw { get message() { throw 1 }, name: "x" }', 'NonError', 'cannot be inspected'],
  [
    'await Promise.any([Promise.reject(new Error("first"))])',
    'AggregateError',
    'All promises were rejected',
  ],
])('a pipeline that runs `%s` records %s', async (statement, name, message) => {
  const run = await HandRun.start(`async () => { ${statement} }`);
  expect(run.threw).toMatchObject({ name, message: expect.stringContaining(message) });
});

test('the winner of a race depends only on the order of events, not on their delivery', async () => {
  const main =
    'async () => { const x = a(1), y = a(2); const winner = await Promise.race([x.then(() => "x"), y.then(() => "y")]); await b(winner) }';
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const run = await HandRun.start(main);
    for (const call of order) run.append(completed(call, null));
    const live = await run.advance();
    expect(live.at(-1)).toMatchObject({
      args: { data: { text: order[0] === 0 ? '["x"]' : '["y"]' } },
    });
    expect(await run.advance(run.freshEvaluator())).toEqual([]);
  }
});

test('Promise.all, allSettled and any accept Lazies', async () => {
  const run = await HandRun.start(`async () => {
    const all = await Promise.all([a(1), a(2)]);
    const settled = await Promise.allSettled([b(1), b(2)]);
    const any = await Promise.any([c(1), c(2)]);
    return [all, settled.map(({ status }) => status), any];
  }`);
  await run.after(completed(1, 'two'), completed(0, 'one'));
  await run.after(failed(2), completed(3, null));
  await run.after(failed(4), completed(5, 'won'));
  expect(run.returned).toEqual([['one', 'two'], ['rejected', 'fulfilled'], 'won']);
});

test('sleep is a durable timer: a command, and an event that ends it', async () => {
  const run = await HandRun.start(
    'async () => { const started = Date.now(); await Promise.all([sleep(250), sleep("2m")]); return Date.now() - started }',
  );
  expect(run.commands).toEqual([
    { kind: 'sleep', durationMs: 250 },
    { kind: 'sleep', durationMs: 120_000 },
  ]);
  await run.after(
    { kind: 'sleepEnded', sleep: 0, at: 1_700_000_000_250 },
    { kind: 'sleepEnded', sleep: 1, at: 1_700_000_120_000 },
  );
  expect(run.returned).toBe(120_000);
});

test('dropping a suspended evaluation does not run finally blocks', async () => {
  const run = await HandRun.start('async () => { try { await a() } finally { b("finally") } }');
  expect(run.of('call')).toHaveLength(1);
  run.evaluator.drop(run.info.id);
  expect(await run.advance()).toEqual([]);
  await run.after(completed(0, null));
  expect(run.of('call')).toHaveLength(2);
});

test('arguments are passed by position with defaults, as one object, or spread from a rest parameter', async () => {
  const info = runInfo({ args: { url: 'u', size: 2 } }, ['url', 'missing', 'size']);
  const positional = await HandRun.start(
    '(url, missing = "default", size) => ({ url, missing, size })',
    { info },
  );
  expect(positional.returned).toEqual({ url: 'u', missing: 'default', size: 2 });

  const object = runInfo({ args: { url: 'u' } }, ['url', 'size']);
  const signature = { ...object.code.signature, style: 'object' as const };
  const one = await HandRun.start('({ url, size = 5 }) => ({ url, size })', {
    info: { ...object, code: { ...object.code, signature } },
  });
  expect(one.returned).toEqual({ url: 'u', size: 5 });

  const many = runInfo({ args: { first: 1, others: [2, 3] } }, ['first', 'others']);
  const rest = await HandRun.start('(first, ...others) => [first, others]', {
    info: { ...many, code: { ...many.code, signature: { ...many.code.signature, rest: true } } },
  });
  expect(rest.returned).toEqual([1, [2, 3]]);
});

test('an artifact of the run is stored when the values in it are available', async () => {
  const run = await HandRun.start(
    'async () => { await PipelineDecorator.uploadArtifact("summary", { accuracy: a() }, { metadata: { kind: "test" } }) }',
  );
  expect(run.of('artifact')).toEqual([]);
  await run.after(completed(0, 0.9));
  expect(run.of('artifact')).toEqual([
    {
      kind: 'artifact',
      name: 'summary',
      value: { format: 'json', text: '{"accuracy":0.9}' },
      metadata: { kind: 'test' },
    },
  ]);
});

test('an unawaited upload completes before the function does, and its failure fails the function', async () => {
  const main =
    'async () => { PipelineDecorator.uploadArtifact("plain", 1); PipelineDecorator.uploadArtifact("late", [a()]); return "done" }';
  const run = await HandRun.start(main);
  expect(run.commands.map(({ kind }) => kind)).toEqual(['artifact', 'declare', 'call']);
  await run.after(completed(0, 2));
  expect(run.commands.slice(3)).toMatchObject([
    { kind: 'artifact', name: 'late', value: { text: '[2]' } },
    { kind: 'returned' },
  ]);

  const failing = await HandRun.start(main);
  await failing.after(failed(0));
  expect(failing.threw).toMatchObject({ name: 'StepFailedError' });

  const caught = await HandRun.start(
    'async () => { PipelineDecorator.uploadArtifact("late", a()).catch(() => console.log("handled")); return b() }',
  );
  await caught.after(failed(0), completed(1, null));
  expect(caught.of('log')).toHaveLength(1);
  expect(caught.of('returned')).toHaveLength(1);
});

test('the console is part of the history: a replay does not write again', async () => {
  const run = await HandRun.start(
    'async () => { console.log("before %d", 1, { x: [1, "two"] }); await a(); console.error(new Map([["k", 1]])) }',
  );
  await run.after(completed(0, null));
  expect(run.of('log')).toEqual([
    { kind: 'log', level: 'info', text: "before 1 { x: [ 1, 'two' ] }" },
    { kind: 'log', level: 'error', text: "Map(1) { 'k' => 1 }" },
  ]);
  expect(await run.advance(run.freshEvaluator())).toEqual([]);
});

test('pages of commands at one position are the same from any evaluation', async () => {
  const run = await HandRun.start('async () => { for (let i = 0; i < 25; i++) a(i) }');
  const whole = run.commands.map((command) => JSON.stringify(command));
  const paged = await HandRun.start('async () => { for (let i = 0; i < 25; i++) a(i) }', {
    info: run.info,
  });
  paged.signatures.length = 0;
  const pieces: string[] = [];
  for (let more = true; more; ) {
    const answer = await paged.evaluate(paged.freshEvaluator(), 4);
    if (answer.kind === 'broken') throw new Error(answer.error.message);
    expect(answer.commands.length).toBeLessThanOrEqual(4);
    for (const { command, signature } of answer.commands) {
      pieces.push(JSON.stringify(command));
      paged.signatures.push(signature);
    }
    more = answer.more;
  }
  expect(pieces).toEqual(whole);
});

test('a value that arrives before it is awaited is available when it is awaited', async () => {
  const run = await HandRun.start('async () => { const x = a(); await b(); return await x }');
  run.append({ kind: 'completed', call: 0, values: [json('early')] });
  await run.after(completed(1, null));
  expect(run.returned).toBe('early');
});
