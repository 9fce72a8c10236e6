/**
 * What the pipeline's logic cannot have, and the error that says where it belongs.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** The pipeline's logic reached for something outside: time, the network, files, another process. */
export class NotInLogicError extends HeadraceError {
  constructor(
    /** What was reached for, as in `fetch`. */
    readonly what: string,
    advice: string,
  ) {
    super(
      `${what} is not available in a pipeline's logic, which is replayed and must do the same each time: ${advice}`,
    );
  }

  override get name(): string {
    return 'NotInLogicError';
  }
}

export const IN_COMPONENT = 'move it into a component';
const OR_SLEEP = "use sleep('5s') of headrace to wait, or move it into a component";

const FUNCTIONS: Readonly<Record<string, string>> = {
  setTimeout: OR_SLEEP,
  setInterval: OR_SLEEP,
  setImmediate: OR_SLEEP,
  clearTimeout: OR_SLEEP,
  clearInterval: OR_SLEEP,
  clearImmediate: OR_SLEEP,
  requestAnimationFrame: OR_SLEEP,
  fetch: IN_COMPONENT,
  require: 'import it at the top of the file, or move it into a component',
};

const CLASSES = [
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'Worker',
  'SharedWorker',
  'MessageChannel',
  'BroadcastChannel',
  'WeakRef',
  'FinalizationRegistry',
];

const WEB_ASSEMBLY_FUNCTIONS = [
  'compile',
  'compileStreaming',
  'instantiate',
  'instantiateStreaming',
  'validate',
];
const WEB_ASSEMBLY_CLASSES = [
  'Module',
  'Instance',
  'Memory',
  'Table',
  'Global',
  'Tag',
  'Exception',
];

/** Names of Node and of browsers that do not exist here: a ReferenceError for one of them gets the same advice. */
const MISSING: Readonly<Record<string, string>> = {
  Buffer: 'use Uint8Array, or move it into a component',
  __dirname: IN_COMPONENT,
  __filename: IN_COMPONENT,
  module: IN_COMPONENT,
  exports: IN_COMPONENT,
  window: IN_COMPONENT,
  document: IN_COMPONENT,
  navigator: IN_COMPONENT,
  localStorage: IN_COMPONENT,
  Response: IN_COMPONENT,
  Request: IN_COMPONENT,
  Headers: IN_COMPONENT,
  FormData: IN_COMPONENT,
  Blob: IN_COMPONENT,
  File: IN_COMPONENT,
};

/** A function that throws the advice, whether called or constructed. */
export function refusal(what: string, advice: string): (...args: unknown[]) => never {
  // Not an arrow function: it must be constructible.
  const refuse = function refuse(): never {
    throw new NotInLogicError(what, advice);
  };
  Object.defineProperty(refuse, 'name', { value: what.slice(what.lastIndexOf('.') + 1) });
  return refuse;
}

/** What stands in the place of `import(specifier)`. */
export function refuseImport(specifier: unknown): Promise<never> {
  const advice = `import it at the top of the file if the logic needs it, or ${IN_COMPONENT}`;
  return Promise.reject(
    new NotInLogicError(
      `import(${typeof specifier === 'string' ? JSON.stringify(specifier) : '…'})`,
      advice,
    ),
  );
}

const define = (target: object, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

export function installRefusals(): void {
  for (const [name, advice] of Object.entries(FUNCTIONS))
    define(globalThis, name, refusal(name, advice));
  for (const name of CLASSES) define(globalThis, name, refusal(name, IN_COMPONENT));
  const assembly = {};
  for (const name of [...WEB_ASSEMBLY_FUNCTIONS, ...WEB_ASSEMBLY_CLASSES])
    define(assembly, name, refusal(`WebAssembly.${name}`, IN_COMPONENT));
  define(globalThis, 'WebAssembly', assembly);
  for (const name of ['wait', 'waitAsync'])
    define(Atomics, name, refusal(`Atomics.${name}`, OR_SLEEP));
}

const NOT_DEFINED = /^(\w+) is not defined$/;
const NO_CODE = /^Code generation from strings disallowed/;

/** The message of an error that the logic threw, with advice where the error itself does not say what to do. */
export function advised(name: string, message: string): string {
  const missing = name === 'ReferenceError' ? NOT_DEFINED.exec(message)?.[1] : undefined;
  const advice = missing === undefined ? undefined : MISSING[missing];
  if (missing !== undefined && advice !== undefined && Object.hasOwn(MISSING, missing))
    return new NotInLogicError(missing, advice).message;
  if (name === 'EvalError' && NO_CODE.test(message))
    return new NotInLogicError('eval or new Function', IN_COMPONENT).message;
  return message;
}
