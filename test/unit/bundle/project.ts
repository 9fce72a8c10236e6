/** Projects in a temporary folder: packages in `node_modules` and a minimal SDK are generated. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll } from 'vitest';
import {
  bundleDebug,
  bundlePipeline,
  materialize,
  type PipelineBundles,
} from '../../../src/bundle/index.ts';
import type { ComponentCode } from '../../../src/model/code.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-bundle-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SDK = {
  'replay/index.ts': `
    export const declared: unknown[] = [];
    export let queue: string | null = null;
    export function component(options: unknown, fn: unknown, meta: { name: string }) {
      declared.push({ options, fn, meta });
      return (...args: unknown[]) => ({ call: meta.name, args });
    }
    export function pipeline(options: unknown, fn: (...args: unknown[]) => unknown, meta: unknown) { return { options, fn, meta }; }
    export const inputFile = (path: unknown) => ({ path });
    export const PipelineDecorator = { component, pipeline, setDefaultExecutionQueue(name: string) { queue = name; }, runLocally() {}, debugPipeline() {} };
    export function boot(main: unknown) { return { main, declared, get queue() { return queue; } }; }`,
  'replay/builtins/path.ts': `export const join = (...parts: string[]) => parts.join('/'); export default { join };`,
  'step.ts': `
    export function component(_options: unknown, _fn: unknown, meta: { name: string }) { return () => { throw new Error(meta.name + ' called in a step'); }; }
    export const pipeline = component;
    export const PipelineDecorator = { component, pipeline, setDefaultExecutionQueue() {}, runLocally() {}, debugPipeline() {} };
    export const currentStep = () => (globalThis as Record<symbol, unknown>)[Symbol.for('headrace.step')];`,
  'host.mjs': `
    export function component(options, fn, meta) { return Object.assign((...args) => fn(...args), { meta }); }
    export function pipeline(options, fn, meta) { return Object.assign((...args) => { globalThis.launched = (globalThis.launched ?? 0) + 1; return fn(...args); }, { meta }); }
    export const PipelineDecorator = { component, pipeline, setDefaultExecutionQueue() {}, runLocally() { globalThis.launched = 100; }, debugPipeline() {} };`,
};

let projects = 0;
write(join(folder, 'sdk'), SDK);
export const sdk = {
  replay: join(folder, 'sdk/replay/index.ts'),
  step: join(folder, 'sdk/step.ts'),
  host: join(folder, 'sdk/host.mjs'),
};

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

export interface Project {
  readonly root: string;
  path(file: string): string;
  write(files: Readonly<Record<string, string>>): void;
  bundle(file?: string, pipeline?: string): Promise<PipelineBundles>;
  debug(file?: string, pipeline?: string): ReturnType<typeof bundleDebug>;
}

/** @param files by path; a `package.json` is added unless they contain one. */
export function project(
  files: Readonly<Record<string, string>>,
  name = `project-${projects++}`,
): Project {
  const root = join(folder, name);
  write(root, { 'package.json': '{ "name": "sample", "type": "module" }', ...files });
  const path = (file: string): string => join(root, file);
  return {
    root,
    path,
    write: (more) => write(root, more),
    bundle: (file = 'main.ts', pipeline = undefined) =>
      bundlePipeline({ file: path(file), pipeline, sdk }),
    debug: (file = 'main.ts', pipeline = undefined) =>
      bundleDebug({ file: path(file), pipeline, sdk }),
  };
}

/** A package of one file: an ES module, or CommonJS with `type: 'commonjs'` in the manifest. */
export function packageFiles(
  name: string,
  version: string,
  text: string,
  manifest: object = {},
): Record<string, string> {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      version,
      type: 'module',
      main: 'index.js',
      ...manifest,
    }),
    [`node_modules/${name}/index.js`]: text,
  };
}

export function componentOf(bundles: PipelineBundles, name: string): ComponentCode {
  const found = bundles.code.components.find((component) => component.name === name);
  if (found === undefined)
    throw new Error(
      `no component ${name}; there are ${bundles.code.components.map((component) => component.name).join(', ')}`,
    );
  return found;
}

export function textOf(bundles: PipelineBundles, name: string): string {
  return bundles.texts.get(componentOf(bundles, name).bundle.key) ?? '';
}

export const logicOf = (bundles: PipelineBundles): string =>
  bundles.texts.get(bundles.code.logic.key) ?? '';

let modules = 0;

/** Loads an ES module from a text, in a folder outside every project. */
export async function load(text: string): Promise<Record<string, unknown>> {
  const file = join(folder, 'loaded', `${modules++}.mjs`);
  write(dirname(file), { [file.slice(dirname(file).length + 1)]: text });
  return await import(/* @vite-ignore */ pathToFileURL(file).href);
}

/** The function of a component's bundle, as a runner on this machine loads it. */
export async function stepOf(
  bundles: PipelineBundles,
  name: string,
): Promise<(...args: unknown[]) => unknown> {
  const { bundle } = componentOf(bundles, name);
  const { default: step } = await load(materialize(textOf(bundles, name), bundle.resolvedImports));
  if (typeof step !== 'function') throw new Error(`the bundle of ${name} exports no function`);
  return (...args) => step(...args);
}

export interface Booted {
  readonly main: {
    readonly options: Record<string, unknown>;
    readonly fn: (...args: unknown[]) => unknown;
    readonly meta: unknown;
  };
  readonly declared: readonly {
    readonly options: Record<string, unknown>;
    readonly fn: unknown;
    readonly meta: unknown;
  }[];
  readonly queue: string | null;
}

/** The logic, evaluated in an empty context. */
export function boot(bundles: PipelineBundles): Booted {
  return runInNewContext(`${logicOf(bundles)}; __headrace`);
}

/** The hashes of all components by name. */
export const hashes = (bundles: PipelineBundles): Record<string, string> =>
  Object.fromEntries(
    bundles.code.components.map((component) => [component.name, component.bundle.hash]),
  );
