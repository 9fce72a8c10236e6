/**
 * The globals of the pipeline's logic. They are deterministic, or throw an error with advice.
 *
 * @module
 */
import { projectProcess } from '../logic-process.ts';
import { ABORT_GLOBALS } from './abort.ts';
import { installBuffer } from './buffer-global.ts';
import { installDate, type ReplayClock } from './clock.ts';
import { format } from './format.ts';
import { installLocale } from './locale.ts';
import { packageProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import {
  installUnavailableGlobals,
  MOVE_TO_COMPONENT,
  throwingStub,
} from './unavailable-globals.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogicEnvironment {
  readonly clock: ReplayClock;
  readonly random: SeededRandom;
  /** Whether the top level of the bundle is being evaluated. */
  isLoading(): boolean;
  log(level: LogLevel, text: string): void;
}

/** Called once, before the user's code. */
export function installEnvironment(environment: LogicEnvironment): void {
  installLocale();
  installDate(environment.clock);
  installDisposal();
  installUnavailableGlobals();
  installBuffer();
  define(Math, 'random', () => environment.random.fraction());
  const process = packageProcess(environment.clock);
  const globals: Readonly<Record<string, unknown>> = {
    ...ABORT_GLOBALS,
    global: globalThis,
    console: consoleOf(environment),
    performance: performanceOf(environment.clock),
    crypto: cryptoOf(environment.random),
    process,
    // The bundler makes the code of the project use this one (`environment-edits.ts`).
    __headrace_process: projectProcess(process, () => environment.isLoading()),
    queueMicrotask,
  };
  for (const [name, value] of Object.entries(globals)) define(globalThis, name, value);
}

/** The symbols of `using`, which the contexts of Node.js 20 and 22 do not have. */
function installDisposal(): void {
  for (const name of ['dispose', 'asyncDispose'])
    if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}

const define = (target: object, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

function queueMicrotask(callback: () => unknown): void {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
  void Promise.resolve().then(callback);
}

const METHOD_LEVELS: Readonly<Record<string, LogLevel>> = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  trace: 'debug',
  warn: 'warn',
  error: 'error',
  dir: 'info',
  table: 'info',
};
const SILENT_METHODS = [
  'time',
  'timeEnd',
  'timeLog',
  'count',
  'countReset',
  'clear',
  'profile',
  'profileEnd',
  'timeStamp',
];

function consoleOf({ log }: LogicEnvironment): object {
  let indent = '';
  const console: Record<string, unknown> = {};
  const write = (level: LogLevel, args: readonly unknown[]): void =>
    log(level, indent + format(args).replaceAll('\n', `\n${indent}`));
  for (const [name, level] of Object.entries(METHOD_LEVELS))
    console[name] = (...args: unknown[]) => write(level, args);
  for (const name of SILENT_METHODS) console[name] = () => undefined;
  console.assert = (condition: unknown, ...args: unknown[]) => {
    if (!condition) write('error', ['Assertion failed', ...args]);
  };
  const group = (...args: unknown[]): void => {
    if (args.length > 0) write('info', args);
    indent += '  ';
  };
  console.group = group;
  console.groupCollapsed = group;
  console.groupEnd = () => {
    indent = indent.slice(2);
  };
  return console;
}

function performanceOf(clock: ReplayClock): object {
  return {
    timeOrigin: clock.start,
    now: () => clock.now - clock.start,
    mark: () => undefined,
    measure: () => undefined,
  };
}

const MAX_RANDOM_BYTES = 65_536;

function cryptoOf(random: SeededRandom): object {
  return {
    randomUUID: () => random.uuid(),
    getRandomValues(view: ArrayBufferView): ArrayBufferView {
      if (!ArrayBuffer.isView(view))
        throw new TypeError('crypto.getRandomValues needs a typed array of integers');
      if (view.byteLength > MAX_RANDOM_BYTES)
        throw new RangeError(`crypto.getRandomValues fills at most ${MAX_RANDOM_BYTES} bytes`);
      random.fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      return view;
    },
    get subtle(): never {
      return throwingStub('crypto.subtle', MOVE_TO_COMPONENT)();
    },
  };
}
