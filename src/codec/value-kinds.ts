/**
 * The kind of a value, without `instanceof`: the value may come from another realm (a `node:vm`
 * context, a test runner's sandbox).
 *
 * @module
 */

const prototypeOf = Object.getPrototypeOf as (value: object) => object | null;
const tagOf = (value: object): string => Object.prototype.toString.call(value);

/** True for the `Object.prototype` of any realm. */
function isObjectPrototype(prototype: object | null): boolean {
  return (
    prototype === Object.prototype ||
    (prototype !== null &&
      prototypeOf(prototype) === null &&
      Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

/** An object literal, or an object without prototype. */
export function isPlainObject(value: object): boolean {
  const prototype = prototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (isObjectPrototype(prototype) && tagOf(value) === '[object Object]')
  );
}

/** False for a class of the user that extends the built-in one: its meaning would be lost. */
function isDirect(value: object): boolean {
  const prototype = prototypeOf(value);
  return prototype !== null && isObjectPrototype(prototypeOf(prototype));
}

export const isPlainArray = (value: object): value is unknown[] =>
  Array.isArray(value) && (prototypeOf(value) === Array.prototype || isDirect(value));

export const isMap = (value: object): value is Map<unknown, unknown> =>
  tagOf(value) === '[object Map]' && isDirect(value);
export const isSet = (value: object): value is Set<unknown> =>
  tagOf(value) === '[object Set]' && isDirect(value);
export const isDate = (value: object): value is Date =>
  tagOf(value) === '[object Date]' && isDirect(value);
export const isArrayBuffer = (value: object): value is ArrayBuffer =>
  tagOf(value) === '[object ArrayBuffer]' && isDirect(value);

/**
 * The name of a typed array's kind (`Float32Array`), of whatever realm or class; undefined for
 * anything else.
 */
export function typedArrayKind(value: object): string | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const tag = tagOf(value).slice('[object '.length, -1);
  return tag === 'DataView' ? undefined : tag;
}

/** A Buffer, where there are such. */
export function isBuffer(value: object): value is Buffer {
  return ArrayBuffer.isView(value) && typeof Buffer !== 'undefined' && Buffer.isBuffer(value);
}

/** `an instance of Model`, `a Promise` … for error messages. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : `an instance of ${className(value)}`;
    default:
      return `a ${typeof value}`;
  }
}

function className(value: object): string {
  for (let prototype = prototypeOf(value); prototype !== null; prototype = prototypeOf(prototype)) {
    const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof made === 'function' && made.name !== '') return made.name;
  }
  return 'a class without a name';
}
