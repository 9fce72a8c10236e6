/**
 * The globals that the pipeline's logic cannot use, and the error that advises what to use instead.
 *
 * @module
 */
import { NotInLogicError } from '../not-in-logic-error.ts';

export { NotInLogicError };

export const MOVE_TO_COMPONENT = 'move it into a component';
const USE_SLEEP = "use sleep('5s') of headrace to wait, or move it into a component";

export const UNAVAILABLE_FUNCTIONS: Readonly<Record<string, string>> = {
  setTimeout: USE_SLEEP,
  setInterval: USE_SLEEP,
  setImmediate: USE_SLEEP,
  clearTimeout: USE_SLEEP,
  clearInterval: USE_SLEEP,
  clearImmediate: USE_SLEEP,
  requestAnimationFrame: USE_SLEEP,
  fetch: MOVE_TO_COMPONENT,
  require: 'import it at the top of the file, or move it into a component',
};

export const UNAVAILABLE_CLASSES = [
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

/**
 * Names of modules, of Node.js and of browsers that are not defined, so that a library can find out
 * what it may use. A ReferenceError for one of them receives the advice.
 */
export const UNDEFINED_NAMES: ReadonlySet<string> = new Set(
  `
  __dirname __filename module exports window document navigator Navigator
  localStorage sessionStorage Storage
  Response Request Headers FormData Blob File
  Event EventTarget CustomEvent CloseEvent ErrorEvent MessageEvent
  MessagePort DOMException Crypto CryptoKey SubtleCrypto
  Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver
  PerformanceObserverEntryList PerformanceResourceTiming
  ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableByteStreamController
  WritableStream WritableStreamDefaultWriter WritableStreamDefaultController
  TransformStream TransformStreamDefaultController
  ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream
  TextEncoderStream TextDecoderStream TextEncoder TextDecoder URL URLSearchParams URLPattern
  structuredClone atob btoa performance
  `
    .trim()
    .split(/\s+/),
);

/** A function that throws the advice, whether called or constructed. */
export function throwingStub(what: string, advice: string): (...args: unknown[]) => never {
  // Not an arrow function: it must be constructible.
  const refuse = function refuse(): never {
    throw new NotInLogicError(what, advice);
  };
  Object.defineProperty(refuse, 'name', { value: what.slice(what.lastIndexOf('.') + 1) });
  return refuse;
}

/** Replaces `import(specifier)` in the bundle. */
export function rejectImport(specifier: unknown): Promise<never> {
  const advice = `import it at the top of the file if the logic needs it, or ${MOVE_TO_COMPONENT}`;
  return Promise.reject(
    new NotInLogicError(
      `import(${typeof specifier === 'string' ? JSON.stringify(specifier) : '…'})`,
      advice,
    ),
  );
}

const defineGlobal = (target: object, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

export function installUnavailableGlobals(): void {
  for (const [name, advice] of Object.entries(UNAVAILABLE_FUNCTIONS))
    defineGlobal(globalThis, name, throwingStub(name, advice));
  for (const name of UNAVAILABLE_CLASSES)
    defineGlobal(globalThis, name, throwingStub(name, MOVE_TO_COMPONENT));
  const assembly = {};
  for (const name of [...WEB_ASSEMBLY_FUNCTIONS, ...WEB_ASSEMBLY_CLASSES])
    defineGlobal(assembly, name, throwingStub(`WebAssembly.${name}`, MOVE_TO_COMPONENT));
  defineGlobal(globalThis, 'WebAssembly', assembly);
  for (const name of ['wait', 'waitAsync'])
    defineGlobal(Atomics, name, throwingStub(`Atomics.${name}`, USE_SLEEP));
}

const NOT_DEFINED = /^(\w+) is not defined$/;
const CODE_GENERATION_BLOCKED = /^Code generation from strings disallowed/;

/**
 * The message of an error that the logic threw, with advice if the error is about an unavailable
 * global.
 */
export function withAdvice(name: string, message: string): string {
  const undefinedName = name === 'ReferenceError' ? NOT_DEFINED.exec(message)?.[1] : undefined;
  if (undefinedName !== undefined && UNDEFINED_NAMES.has(undefinedName))
    return new NotInLogicError(undefinedName, MOVE_TO_COMPONENT).message;
  if (name === 'EvalError' && CODE_GENERATION_BLOCKED.test(message))
    return new NotInLogicError('eval or new Function', MOVE_TO_COMPONENT).message;
  return message;
}
