/**
 * `node:util` in a pipeline's logic, as far as it is pure.
 *
 * @module
 */
import { isDeepStrictEqual } from '../deep-equal.ts';
import { format as formatAll } from '../format.ts';
import { inspect } from '../inspect.ts';
import { refusedMembers } from '../refused-members.ts';

export { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
export { inspect, isDeepStrictEqual };

export const format = (...args: unknown[]): string => formatAll(args);

type Callback = (error: unknown, value?: unknown) => void;

/** Converts a function with a callback as last parameter to a function that returns a promise. */
export const promisify =
  (original: (...args: unknown[]) => unknown) =>
  (...args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done: Callback = (error, value) =>
        error === null || error === undefined ? resolve(value) : reject(error);
      original(...args, done);
    });

export const deprecate = <F>(fn: F): F => fn;

export function inherits(child: { prototype: object }, parent: { prototype: object }): void {
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

const tagged =
  (...tags: readonly string[]) =>
  (value: unknown): boolean =>
    tags.includes(Object.prototype.toString.call(value).slice(8, -1));

export const types = Object.freeze({
  isDate: tagged('Date'),
  isRegExp: tagged('RegExp'),
  isMap: tagged('Map'),
  isSet: tagged('Set'),
  isPromise: tagged('Promise'),
  isNativeError: tagged('Error'),
  isGeneratorFunction: tagged('GeneratorFunction', 'AsyncGeneratorFunction'),
  isAsyncFunction: tagged('AsyncFunction', 'AsyncGeneratorFunction'),
  isArrayBuffer: tagged('ArrayBuffer'),
  isTypedArray: (value: unknown): boolean =>
    ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: tagged('Uint8Array'),
});

const [ESCAPE, CSI, BELL] = [0x1b, 0x9b, 0x07].map((code) => String.fromCharCode(code));
/** The sequences that control a terminal, such as colours and links. */
const CONTROL_SEQUENCE = new RegExp(
  `[${ESCAPE}${CSI}](?:\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)|[[()#;?]*(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PR-TZcf-nq-uy=><~])`,
  'g',
);

/** Without the codes that colour a terminal. */
export const stripVTControlCharacters = (text: string): string =>
  text.replace(CONTROL_SEQUENCE, '');

/** Lone surrogates become U+FFFD. */
export const toUSVString = (text: unknown): string =>
  String(text).replace(
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    '\uFFFD',
  );

export const { isArray } = Array;

const refused = refusedMembers('util', [
  'MIMEParams',
  'MIMEType',
  'aborted',
  'callbackify',
  'debug',
  'debuglog',
  'diff',
  'formatWithOptions',
  'getCallSites',
  'getSystemErrorMap',
  'getSystemErrorMessage',
  'getSystemErrorName',
  'parseArgs',
  'parseEnv',
  'setTraceSigInt',
  'styleText',
  'transferableAbortController',
  'transferableAbortSignal',
]);
export const {
  MIMEParams,
  MIMEType,
  aborted,
  callbackify,
  debug,
  debuglog,
  diff,
  formatWithOptions,
  getCallSites,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  parseArgs,
  parseEnv,
  setTraceSigInt,
  styleText,
  transferableAbortController,
  transferableAbortSignal,
} = refused;

export default {
  ...refused,
  deprecate,
  format,
  inherits,
  inspect,
  isArray,
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters,
  toUSVString,
  types,
};
