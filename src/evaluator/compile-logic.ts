/**
 * Compiles the text of a bundle into a script, which runs in any number of contexts.
 *
 * @module
 */
import vm from 'node:vm';
import { init, parse } from 'es-module-lexer';
import { LOGIC_FILE_NAME } from '../model/source-maps.ts';
import { LogicLoadError } from './errors.ts';
import { LruMap } from './lru-map.ts';

/** The name of the bundle's global, and the name that replaces `import` in its code. */
const BUNDLE_GLOBAL = '__headrace';
const IMPORT_REPLACEMENT = '__headraceImport';

/**
 * Globals that are parameters of the function around the bundle. A context resolves a global
 * through the host, which costs 0.2 µs each time; a parameter costs nothing.
 */
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

/** Compiled scripts by the text of their bundle. */
const scripts = new LruMap<string, Promise<vm.Script>>(16);

/** Compiles a bundle; the same text is compiled once. @throws LogicLoadError */
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
    // The function keeps the driver out of the globals, so that the logic cannot reach it.
    return new vm.Script(
      `(function (${PARAMETER_GLOBALS}) { ${rewritten}\n;return ${BUNDLE_GLOBAL}; })(${PARAMETER_GLOBALS})`,
      {
        filename: LOGIC_FILE_NAME,
      },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = /\bawait\b/.test(message)
      ? ". A module of a pipeline's logic cannot have an await at its top level: move it into a component"
      : /\bescaped characters\b/.test(message)
        ? ". A pipeline's logic cannot use import(): import at the top of the file, or move it into a component"
        : '';
    throw new LogicLoadError(
      `the bundle of the pipeline's logic cannot be compiled: ${message}${advice}`,
    );
  }
}

/** A cheap test: only code that matches is parsed. */
const IMPORT_MENTION = /\bimport\b/;

/**
 * The word `import` wherever it can start a dynamic import: before its parenthesis or point may be
 * white space and comments, also those that start with `<!--` or `-->`. `import.meta` is an error
 * in every script.
 */
const POSSIBLE_IMPORT = /(\\*)\bimport\b(?=\s*[(./<-])(?!\.meta\b)/g;

/** The word with an escape for its first letter, without the backslash. */
const ESCAPED_IMPORT = `u0069${'import'.slice(1)}`;

/**
 * Replaces `import(x)` by a call of a function in the context. The original would run in the host
 * and throw errors of the host.
 *
 * The lexer does not know all positions: it takes a division for a regular expression in some
 * code. Every other word is written with an escape, which means the same in a text, a regular
 * expression and a name, and is a syntax error as a keyword.
 */
async function replaceDynamicImports(code: string): Promise<string> {
  if (!IMPORT_MENTION.test(code)) return code;
  await init;
  let rewritten = '';
  let end = 0;
  for (const start of dynamicImportPositions(code)) {
    rewritten += code.slice(end, start) + IMPORT_REPLACEMENT;
    end = start + 'import'.length;
  }
  return (rewritten + code.slice(end)).replaceAll(
    POSSIBLE_IMPORT,
    // After an odd number of backslashes, the last one becomes part of the escape.
    (_, slashes: string) => `${slashes}${slashes.length % 2 === 0 ? '\\' : ''}${ESCAPED_IMPORT}`,
  );
}

/** The start of each `import(`, in ascending order. */
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
