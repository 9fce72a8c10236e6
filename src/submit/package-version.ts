/**
 * The version of this package.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const packageSchema = z.object({ name: z.literal('headrace'), version: z.string() });

/** From the nearest `package.json` that is ours: one folder up in the built package, two in the sources. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const parsed = packageSchema.safeParse(readJson(new URL(path, import.meta.url)));
    if (parsed.success) return parsed.data.version;
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
