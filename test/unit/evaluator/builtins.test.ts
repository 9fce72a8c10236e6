import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { HandRun } from './logic.ts';

const FOLDER = fileURLToPath(new URL('../../../src/sdk/replay/builtins/', import.meta.url));

/** Bundles the builtin as one script, like the bundler does. */
async function inlined(name: string): Promise<string> {
  const bundle = await rolldown({
    input: `${FOLDER}${name}.ts`,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'iife', name: 'builtin', exports: 'named' });
  await bundle.close();
  expect(output[0].imports).toEqual([]);
  return output[0].code;
}

async function value(name: string, expression: string): Promise<unknown> {
  const run = await HandRun.start(`async () => { const m = builtin; return (${expression}) }`, {
    top: await inlined(name),
  });
  if (run.threw !== undefined) throw new Error(`${run.threw.name}: ${run.threw.message}`);
  return run.returned;
}

test('node:path has the POSIX functions', async () => {
  expect(
    await value(
      'path',
      '[m.join("a", "..", "b"), m.basename("/x/y.csv", ".csv"), m.default.extname("f.ts"), m.posix.sep, m.resolve("/a", "b")]',
    ),
  ).toEqual(['b', 'y', '.ts', '/', '/a/b']);
  await expect(value('path', 'm.resolve("relative")')).rejects.toThrow(/component/);
});

test('node:url reads and writes URLs of the context', async () => {
  const expression = `(() => { const url = new m.URL("/data?x=1#h", "https://example.org:8080/a/b"); url.searchParams.append("y", "ä");
    return [url.href, url.searchParams.get("x"), new m.URLSearchParams({ q: "a b" }).toString(), m.fileURLToPath("file:///a%20b"), m.pathToFileURL("/a b").href, url instanceof Object, url.constructor.constructor === Function] })()`;
  expect(await value('url', expression)).toEqual([
    'https://example.org:8080/data?x=1&y=%C3%A4#h',
    '1',
    'q=a+b',
    '/a b',
    'file:///a%20b',
    true,
    true,
  ]);
  await expect(value('url', 'new m.URL("nothing")')).rejects.toThrow(/TypeError/);
});

test('node:util formats, compares and promisifies', async () => {
  const expression = `[m.format("%s is %d", "x", 1), m.inspect({ a: [1] }), m.isDeepStrictEqual(new Map([[1, { a: 2 }]]), new Map([[1, { a: 2 }]])), m.types.isDate(new Date()), m.types.isAsyncFunction(async () => 1),
    await m.promisify((x, done) => done(null, x + 1))(1), new m.TextDecoder().decode(new m.TextEncoder().encode("ä€😀"))]`;
  expect(await value('util', expression)).toEqual([
    'x is 1',
    '{ a: [ 1 ] }',
    true,
    true,
    true,
    2,
    'ä€😀',
  ]);
});

test('node:assert throws an AssertionError with both sides', async () => {
  const expression = `(() => { m.default(true); m.equal(1, 1); m.deepEqual({ a: [1] }, { a: [1] }); m.match("abc", /b/); m.throws(() => { throw new TypeError("x") }, TypeError); m.throws(() => { throw 1 });
    try { m.strict.equal(1, 2) } catch (error) { return [error.name, error.code, error.actual, error.expected, error instanceof Error, error.message] } })()`;
  expect(await value('assert', expression)).toEqual([
    'AssertionError',
    'ERR_ASSERTION',
    1,
    2,
    true,
    '1 strictEqual 2',
  ]);
  await expect(value('assert', 'm.ok(0, "zero")')).rejects.toThrow('AssertionError: zero');
  await expect(value('assert', 'm.throws(() => 1)')).rejects.toThrow(/Missing expected exception/);
  await expect(
    value('assert', 'await m.rejects(Promise.reject(new RangeError("r")), TypeError)'),
  ).rejects.toThrow('RangeError: r');
});

test('globals of Node exist after their file was imported', async () => {
  const names = [
    'global-URL-URLSearchParams',
    'global-TextEncoder-TextDecoder',
    'global-structuredClone',
    'global-atob-btoa',
  ];
  const top = (await Promise.all(names.map(inlined)))
    .join('\n')
    .replaceAll('var builtin', 'var ignored');
  const run = await HandRun.start(
    `() => { const source = { date: new Date(1), map: new Map([[1, [2]]]), bytes: new Uint8Array([1]) }; const copy = structuredClone(source);
      return [copy !== source && copy.date.getTime() === 1 && copy.map.get(1)[0] === 2 && copy.bytes[0] === 1, copy.map instanceof Map, btoa("hi!"), atob("aGkh"), new URL("https://a.b/c").pathname,
        new TextEncoder().encode("é").length, new TextDecoder().decode(new Uint8Array([195, 169])), new URLSearchParams("a=1").get("a"), URL.constructor === Function] }`,
    { top },
  );
  expect(run.threw).toBeUndefined();
  expect(run.returned).toEqual([true, true, 'aGkh', 'hi!', '/c', 2, 'é', '1', true]);
  expect((await HandRun.start('() => btoa("€")', { top })).threw?.message).toMatch(/TextEncoder/);
});

test.each([
  ['util', 'm.styleText("red", "x")', 'util.styleText'],
  ['util', 'm.default.parseArgs({})', 'util.parseArgs'],
  ['util', 'new m.MIMEType("text/plain")', 'util.MIMEType'],
  ['url', 'm.default.parse("http://x")', 'url.parse'],
  ['path', 'm.win32.join("a", "b")', 'path.win32.join'],
  ['assert', 'm.partialDeepStrictEqual({}, {})', 'assert.partialDeepStrictEqual'],
])(
  'a member of node:%s that the logic does not have is refused by name: %s',
  async (name, call, member) => {
    await expect(value(name, call)).rejects.toThrow(
      `NotInLogicError: ${member} is not available in a pipeline's logic`,
    );
  },
);

test('node:util and node:assert have the answers of Node.js for loose and strict comparison', async () => {
  expect(
    await value(
      'util',
      '[m.isDeepStrictEqual([0], [-0]), m.default.isArray([]), m.stripVTControlCharacters("\\u001b[31mred\\u001b[0m"), m.toUSVString("a\\ud800")]',
    ),
  ).toEqual([false, true, 'red', 'a\ufffd']);
  const passes = (call: string) =>
    value(
      'assert',
      `(() => { try { m.default.${call}; return true } catch (error) { return error.message } })()`,
    );
  expect(await passes('deepEqual([1], ["1"])')).toBe(true);
  expect(await passes('strict.deepEqual([1], ["1"])')).not.toBe(true);
  expect(await passes('equal(1, "1")')).toBe(true);
  expect(await passes('ifError(null)')).toBe(true);
  expect(await passes('ifError(new Error("e"))')).toBe('ifError got unwanted exception: e');
  expect(
    await passes('throws(() => { throw new TypeError("t") }, { name: "TypeError", message: /t/ })'),
  ).toBe(true);
  expect(await passes('doesNotThrow(() => { throw new Error("t") })')).toContain(
    'Got unwanted exception',
  );
});
