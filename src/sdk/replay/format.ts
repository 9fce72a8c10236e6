/**
 * Formats the arguments of `console` methods.
 *
 * @module
 */
import { inspect } from './inspect.ts';

const PLACEHOLDER = /%[sdifjoOc%]/g;
/** A longer text is cut, because logs are for human readers. */
const MAX_LENGTH = 20_000;

/** The arguments of a `console` method as one text, with the placeholders of Node.js. */
export function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  let used = 0;
  const parts: string[] = [];
  if (typeof first === 'string') {
    parts.push(
      first.replace(PLACEHOLDER, (placeholder) => {
        if (placeholder === '%%') return '%';
        return used < rest.length ? formatPlaceholder(placeholder, rest[used++]) : placeholder;
      }),
    );
  } else if (args.length > 0) parts.push(formatValue(first));
  for (const arg of rest.slice(used)) parts.push(formatValue(arg));
  const text = parts.join(' ');
  return text.length > MAX_LENGTH
    ? `${text.slice(0, MAX_LENGTH)}… (${text.length - MAX_LENGTH} characters more)`
    : text;
}

function formatPlaceholder(placeholder: string, value: unknown): string {
  switch (placeholder) {
    case '%s':
      return typeof value === 'object' && value !== null ? formatValue(value) : String(value);
    case '%d':
      return typeof value === 'object' ? 'NaN' : String(Number(value));
    case '%i':
      return typeof value === 'object' ? 'NaN' : String(Math.trunc(Number(value)));
    case '%f':
      return String(Number.parseFloat(String(value)));
    case '%j':
      return JSON.stringify(value) ?? 'undefined';
    case '%c':
      return '';
    default:
      return formatValue(value);
  }
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return inspect(value);
  } catch {
    return '[an object that cannot be formatted]';
  }
}
