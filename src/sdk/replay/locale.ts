/**
 * Locale-dependent formatting in the logic. The defaults are English and UTC, so that a replay on
 * another machine produces the same texts.
 *
 * @module
 */
const LOCALE = 'en-US';
const FORMATTER_NAMES = [
  'Collator',
  'DateTimeFormat',
  'DisplayNames',
  'DurationFormat',
  'ListFormat',
  'NumberFormat',
  'PluralRules',
  'RelativeTimeFormat',
  'Segmenter',
];

export function installLocale(): void {
  for (const name of FORMATTER_NAMES) {
    const formatter: unknown = Reflect.get(Intl, name);
    if (typeof formatter === 'function')
      Object.defineProperty(Intl, name, {
        value: withDefaults(formatter, name),
        writable: true,
        configurable: true,
      });
  }
  for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'])
    defaultArguments(Date.prototype, name, utc);
  for (const target of [Number.prototype, BigInt.prototype])
    defaultArguments(target, 'toLocaleString', (locales, options) => [locales ?? LOCALE, options]);
  defaultArguments(String.prototype, 'localeCompare', (that, locales, options) => [
    that,
    locales ?? LOCALE,
    options,
  ]);
  for (const name of ['toLocaleLowerCase', 'toLocaleUpperCase'])
    defaultArguments(String.prototype, name, (locales) => [locales ?? LOCALE]);
}

const utc = (locales?: unknown, options?: unknown): unknown[] => [
  locales ?? LOCALE,
  typeof options === 'object' && options !== null && Reflect.get(options, 'timeZone') !== undefined
    ? options
    : { ...(options as object | undefined), timeZone: 'UTC' },
];

function withDefaults(original: CallableFunction, name: string): unknown {
  const defaults =
    name === 'DateTimeFormat'
      ? utc
      : (locales?: unknown, options?: unknown): unknown[] => [locales ?? LOCALE, options];
  function Formatter(locales?: unknown, options?: unknown): unknown {
    return Reflect.construct(original, defaults(locales, options), new.target ?? Formatter);
  }
  for (const key of Reflect.ownKeys(original)) {
    if (key !== 'prototype')
      Object.defineProperty(Formatter, key, Object.getOwnPropertyDescriptor(original, key) ?? {});
  }
  const prototype: unknown = Reflect.get(original, 'prototype');
  Object.defineProperty(Formatter, 'prototype', { value: prototype, writable: false });
  if (typeof prototype === 'object' && prototype !== null)
    Object.defineProperty(prototype, 'constructor', {
      value: Formatter,
      writable: true,
      configurable: true,
    });
  return Formatter;
}

function defaultArguments(
  target: object,
  name: string,
  fill: (...args: unknown[]) => unknown[],
): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') return;
  const original = method as (...args: unknown[]) => unknown;
  const { [name]: replaced } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(original, this, fill(...args));
    },
  };
  Object.defineProperty(target, name, { value: replaced, writable: true, configurable: true });
}
