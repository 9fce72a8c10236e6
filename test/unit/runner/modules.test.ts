import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import { CodeMismatchError } from '../../../src/model/code-integrity.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { createModules, type KnownModules } from '../../../src/runner/modules.ts';
import { stepSpec } from '../../support/step-spec.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function services() {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-modules-'));
  folders.push(folder);
  const objects = createFileObjects(join(folder, 'home'));
  const code = join(folder, 'code');
  return {
    objects,
    code,
    modules: (known?: KnownModules) =>
      createModules(objects, code, async () => (text) => text, known),
    async store(text: string, overrides: Partial<StepSpec> = {}): Promise<StepSpec> {
      const codeHash = createHash('sha256').update(text).digest('hex');
      const codeKey = `code/${codeHash}.mjs`;
      await objects.put(codeKey, Buffer.from(text));
      return stepSpec({ codeKey, codeHash, ...overrides });
    },
  };
}

/** Code that returns the file from which it was imported, and the modes of file and folder. */
const SELF = `
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const file = fileURLToPath(import.meta.url);
const modes = [file, dirname(file)].map((path) => (statSync(path).mode & 0o777).toString(8));
export default () => ({ file, modes });
`;

test('code whose object was changed is not executed', async () => {
  const { objects, modules, store } = services();
  const spec = await store('export default () => 1;');
  await objects.put(spec.codeKey, Buffer.from('globalThis.pwned = true; export default () => 2;'));
  await expect(modules().loadCode(spec)).rejects.toThrow(CodeMismatchError);
  await expect(modules().loadCode(spec)).rejects.toThrow(/SHA-256 differs/);
  expect('pwned' in globalThis).toBe(false);
});

test('serializers whose object was changed are not executed', async () => {
  const { objects, modules, store } = services();
  const { codeKey: key, codeHash: hash } = await store('export const serializer = String;');
  const spec = await store('export default () => 1;', {
    serializers: { key, hash, resolvedImports: {}, serializer: true, deserializer: false },
  });
  await objects.put(key, Buffer.from('export const serializer = () => "pwned";'));
  await expect(modules().loadSerializers(spec)).rejects.toThrow(CodeMismatchError);
});

test('code is imported from a file of this process alone, which is removed at once', async () => {
  const { code, modules, store } = services();
  const spec = await store(SELF);
  const [first, second] = [
    (await modules().loadCode(spec))(),
    (await modules().loadCode(spec))(),
  ] as const;
  expect(first).toMatchObject({ modes: ['400', '700'] });
  expect(second).not.toEqual(first);
  expect(readdirSync(code)).toEqual([]);
  expect(statSync(code).mode & 0o777).toBe(0o700);
});

describe('a process that stays', () => {
  const OWN = 'const own = {}; export default () => own;';

  async function instances(text: string, overrides: Partial<StepSpec> = {}) {
    const { code, modules, store } = services();
    const spec = await store(text, overrides);
    const known: KnownModules = new Map();
    const found = new Set<unknown>();
    for (let attempt = 0; attempt < 3; attempt++)
      found.add((await modules(known).loadCode(spec))());
    return { count: found.size, files: existsSync(code) ? readdirSync(code).length : 0 };
  }

  test('each attempt has an instance of its own, which needs no file', async () => {
    expect(await instances(`import { join } from 'node:path'; void join; ${OWN}`)).toEqual({
      count: 3,
      files: 0,
    });
  });

  test.each([
    ['needs its address', `const { url } = import.meta; void url; ${OWN}`, {}],
    ['imports at run time', `const load = (name) => import(name); void load; ${OWN}`, {}],
    ['imports a package', OWN, { resolvedImports: { package: '/package.mjs' } }],
    ['is long', `${OWN} // ${'x'.repeat(32 * 1024)}`, {}],
  ])(
    'attempts import one file, each as an instance of its own, if the code %s',
    async (_, text, overrides) => {
      expect(await instances(text, overrides)).toEqual({ count: 3, files: 1 });
    },
  );

  test('frames in stacks end with the name of the bundle, also if a program formats stacks itself', async () => {
    const { modules, store } = services();
    const spec = await store('export default () => {\n  return new Error("first").stack;\n};');
    // The test runner formats stacks itself.
    expect(Error.prepareStackTrace).toBeDefined();
    const stack = (await modules(new Map()).loadCode(spec))();
    expect(stack).toContain(`${spec.codeHash}.mjs:2:10`);
  });
});

test('the step and the serializers of one bundle are one module', async () => {
  const { modules, store } = services();
  const text = 'const id = {}; export default () => id; export const serializer = () => id;';
  const { codeKey: key, codeHash: hash } = await store(text);
  const spec = await store(text, {
    serializers: { key, hash, resolvedImports: {}, serializer: true, deserializer: false },
  });
  const own = modules();
  const [step, { serializer }] = await Promise.all([own.loadCode(spec), own.loadSerializers(spec)]);
  expect(serializer?.(0)).toBe(step());
});
