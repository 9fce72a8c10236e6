/**
 * The text of a bundle, made ready for any number of contexts.
 *
 * @module
 */
import vm from 'node:vm';
import { init, parse } from 'es-module-lexer';
import { LogicLoadError } from './errors.ts';
import { LruMap } from './lru-map.ts';

/** The bundle's global, and what stands in the place of `import` in its code. */
const BUNDLE_GLOBAL = '__headrace';
const IMPORT_REPLACEMENT = '__headraceImport';

/** A context looks globals up through the host, at 0.2 µs each: those that are used most are parameters of the function around the bundle. */
const PARAMETER_GLOBALS = [
  ...[
    'Array',
    'Boolean',
    'Error',
    'JSON',
    'Map',
    'Math',
    'Number',
    'Object',
    'Promise',
    'Reflect',
    'RegExp',
    'Set',
    'String',
    'Symbol',
    'TypeError',
  ],
  ...['Uint8Array', 'WeakMap', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
].join(', ');

/** The name of the bundle's file in stacks. */
export const BUNDLE_NAME = 'pipeline-logic';

/** A script serves any number of contexts: the same text is compiled once. */
const scripts = new LruMap<string, Promise<vm.Script>>(16);

/** @throws LogicLoadError */
export function compileLogic(code: string): Promise<vm.Script> {
  const cached = scripts.get(code);
  if (cached !== undefined) return cached;
  const script = compile(code);
  scripts.set(code, script);
  return script;
}

async function compile(code: string): Promise<vm.Script> {
  const rewritten = await replaceDynamicImports(code);
  try {
    // In a function of its own: the driver is no global, so the logic cannot reach it.
    return new vm.Script(
      `(function (${PARAMETER_GLOBALS}) { ${rewritten}\n;return ${BUNDLE_GLOBAL}; })(${PARAMETER_GLOBALS})`,
      {
        filename: BUNDLE_NAME,
      },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = /\bawait\b/.test(message)
      ? ". An await at the top level of a module has no place in a pipeline's code: move it into a component"
      : '';
    throw new LogicLoadError(
      `the bundle of the pipeline's logic cannot be compiled: ${message}${advice}`,
    );
  }
}

/** A mention is enough to look closer: the exact answer takes a lexer. */
const IMPORT_MENTION = /\bimport\b/;

/** `import(x)` would reach for the host, with errors of the host: it calls a function of the context instead. */
async function replaceDynamicImports(code: string): Promise<string> {
  if (!IMPORT_MENTION.test(code)) return code;
  await init;
  let rewritten = '';
  let end = 0;
  for (const start of dynamicImportPositions(code)) {
    rewritten += code.slice(end, start) + IMPORT_REPLACEMENT;
    end = start + 'import'.length;
  }
  return rewritten + code.slice(end);
}

/** Where each `import(` begins, in ascending order. */
function dynamicImportPositions(code: string): readonly number[] {
  try {
    return parse(code)[0]
      .filter(({ d: dynamic }) => dynamic >= 0)
      .map(({ ss: start }) => start)
      .sort((one, other) => one - other);
  } catch (error) {
    throw new LogicLoadError(
      `the bundle of the pipeline's logic cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
