/**
 * The version of this package.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

/** Defined by builds that bundle a program without its package.json. */
declare const HEADRACE_VERSION: string | undefined;

/**
 * Reads Headrace's own `package.json`: one folder up in the built package, two in the sources. It
 * is not validated, to keep the start fast.
 */
export function headraceVersion(): string {
  // A function's bundle has no package.json beside it.
  if (typeof HEADRACE_VERSION === 'string') return HEADRACE_VERSION;
  for (const path of ['../package.json', '../../package.json']) {
    const found = readJson(new URL(path, import.meta.url));
    if (
      typeof found === 'object' &&
      found !== null &&
      'name' in found &&
      found.name === 'headrace' &&
      'version' in found
    )
      return String(found.version);
  }
  return '0.0.0';
}

function readJson(url: URL): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch {
    return undefined;
  }
}
