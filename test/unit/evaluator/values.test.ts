import { expect, test } from 'vitest';
import { encode } from '../../../src/codec/index.ts';
import type { Value } from '../../../src/model/value.ts';
import { ObjectMissingError } from '../../../src/ports/objects.ts';
import { completed, HandRun, json } from './logic.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const stored = (key: string, overrides: Partial<Extract<Value, { key: string }>> = {}): Value => ({
  format: 'json',
  key,
  size: 10,
  hash: key,
  ...overrides,
});

test('a result that is stored as an object is fetched once, when it is awaited', async () => {
  const run = await HandRun.start(
    'async () => { const x = a(); await b(); return [await x, await x] }',
  );
  run.objects.set('big', text('{"rows":3}'));
  await run.after({ kind: 'completed', call: 0, values: [stored('big')] });
  expect(run.fetched).toEqual([]);
  await run.after(completed(1, null));
  expect(run.fetched).toEqual(['big']);
  expect(run.returned).toEqual([{ rows: 3 }, { rows: 3 }]);
});

test('only the awaited ones of several values are fetched, and all of them if the tuple is awaited', async () => {
  const run = await HandRun.start(
    'async () => { const pair = two(); const right = await pair[1]; await a(); return [right, await pair] }',
  );
  run.objects.set('left', text('"L"')).set('right', text('"R"'));
  await run.after({ kind: 'completed', call: 0, values: [stored('left'), stored('right')] });
  expect(run.fetched).toEqual(['right']);
  await run.after(completed(1, null));
  expect(run.fetched).toEqual(['right', 'left']);
  expect(run.returned).toEqual(['R', ['L', 'R']]);
});

test('needed values are supplied in order, each with its effects, before the next event', async () => {
  const run = await HandRun.start(`async () => {
    const order = [];
    const x = a(1), y = a(2), z = a(3);
    await Promise.all([y.then(() => order.push("y")), x.then(() => order.push("x")), z.then(() => order.push("z"))]);
    return order;
  }`);
  run.objects.set('x', text('1')).set('y', text('2'));
  const later: Value = json(3);
  run.append(
    { kind: 'completed', call: 0, values: [stored('x')] },
    { kind: 'completed', call: 1, values: [stored('y')] },
    { kind: 'completed', call: 2, values: [later] },
  );
  await run.advance();
  expect(run.returned).toEqual(['x', 'y', 'z']);
  expect(await run.advance(run.freshEvaluator())).toEqual([]);
});

test('CBOR and raw bytes arrive as objects of the context', async () => {
  const run = await HandRun.start(`async () => {
    const map = await a(1), bytes = await a(2);
    return [map instanceof Map, map.get("k"), bytes instanceof Uint8Array, bytes.constructor === Uint8Array, Buffer.isBuffer(await a(3)), [...bytes]];
  }`);
  const encoded = encode(new Map([['k', 1n]]));
  if (encoded.format !== 'cbor') throw new Error('a Map is CBOR');
  run.objects.set('map', encoded.bytes).set('bytes', Uint8Array.of(1, 2, 255));
  await run.after({ kind: 'completed', call: 0, values: [stored('map', { format: 'cbor' })] });
  await run.after({
    kind: 'completed',
    call: 1,
    values: [stored('bytes', { format: 'bytes', size: 3, view: 'Uint8Array' })],
  });
  await run.after({
    kind: 'completed',
    call: 2,
    values: [stored('bytes', { format: 'bytes', size: 3 })],
  });
  expect(run.returned).toEqual([true, 1n, true, true, true, [1, 2, 255]]);
});

test("the pipeline's own deserializer runs in the context, and may be asynchronous", async () => {
  const run = await HandRun.start('async () => [await a(), await two()]', {
    top: 'class Frame { constructor(text) { this.text = text } }',
    options: `{
      artifactSerializer: (value) => value.text,
      artifactDeserializer: async (bytes) => { if (!(bytes instanceof Uint8Array)) throw new Error("foreign"); return { length: new Frame(String.fromCharCode(...bytes)).text } },
    }`,
  });
  run.objects.set('frame', text('abc'));
  const frame = stored('frame', { format: 'custom', size: 3 });
  await run.after({ kind: 'completed', call: 0, values: [frame] });
  await run.after({ kind: 'completed', call: 1, values: [frame, json('plain')] });
  expect(run.returned).toEqual([{ length: 'abc' }, [{ length: 'abc' }, 'plain']]);
});

test('a value above the limit is rejected in the logic, and is not fetched', async () => {
  const run = await HandRun.start(
    'async () => { try { await a() } catch (error) { return [error.name, error.step, error.message] } }',
    { valueLimit: 100 },
  );
  await run.after({ kind: 'completed', call: 0, values: [stored('huge', { size: 101 })] });
  expect(run.fetched).toEqual([]);
  expect(run.returned).toEqual([
    'ValueTooLargeError',
    'a',
    expect.stringMatching(/101 bytes.*100.*component/),
  ]);
});

test('a damaged value is rejected in the logic', async () => {
  const run = await HandRun.start(
    'async () => { try { await a() } catch (error) { return error.name } }',
  );
  run.objects.set('bad', text('{"rows":'));
  await run.after({ kind: 'completed', call: 0, values: [stored('bad')] });
  expect(run.returned).toBe('CorruptValueError');
});

test('the logic sees only the name of a file, and passes the file by reference', async () => {
  const run = await HandRun.start(
    'async () => { const file = await a(); b({ model: file }); return { file, is: file instanceof ArtifactFile } }',
  );
  await run.after({
    kind: 'completed',
    call: 0,
    values: [stored('f', { format: 'file', name: 'weights.bin', size: 1e12 })],
  });
  expect(run.fetched).toEqual([]);
  expect(run.of('call')[1]?.args.refs).toEqual([{ path: [0, 'model'], call: 0, value: null }]);
  expect(run.returned).toEqual({ file: { step: 'a', file: 'weights.bin' }, is: true });
});

test('a missing object fails the run, and an unavailable store is an error of the evaluator', async () => {
  let failure: Error = new Error('the network is down');
  const run = await HandRun.start('async () => await a()', {
    fetchValue: async () => Promise.reject(failure),
  });
  run.append({ kind: 'completed', call: 0, values: [stored('missing')] });
  await expect(run.evaluate()).rejects.toThrow('the network is down');
  failure = new ObjectMissingError('missing');
  expect(await run.expectBroken()).toMatchObject({
    name: 'ObjectMissingError',
    message: expect.stringContaining('missing'),
  });
});

test('the error for an unserializable argument names its path', async () => {
  const run = await HandRun.start('async () => { await a({ deep: [() => 1] }) }');
  expect(run.threw).toMatchObject({
    name: 'UnserializableValueError',
    message: expect.stringContaining('x.deep[0]'),
  });
});

test.each([
  ['100 * a()', 'LazyUsedAsValueError'],
  ['`${a()}`', 'LazyUsedAsValueError'],
  ['JSON.stringify({ x: a() })', 'LazyUsedAsValueError'],
  ['`${two()}`', 'LazyUsedAsValueError'],
  ['currentStep()', 'OutsideStepError'],
  ['PipelineDecorator.uploadModel("m", "path")', 'OutsideStepError'],
  ['sleep("soon")', 'DurationError'],
  ['main()', 'NestedPipelineError'],
  [
    'component({}, undefined, { id: "x#y", name: "y", style: "positional", parameters: [] })',
    'DeclarationError',
  ],
])('%s throws %s', async (expression, name) => {
  const run = await HandRun.start(`async () => { ${expression} }`, {
    top: 'const main = pipeline({}, () => 1, { id: "p#m", name: "m" });',
  });
  expect(run.threw).toMatchObject({ name });
});
