/**
 * The golden histories of a release, as they are kept: for each story and each kind of records one
 * compressed JSON text, and the release's kit. They are made once, when the release is (`make.ts`),
 * and never again.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Pipelines, WorldState } from './recorded-engine.ts';
import type { Kind, Kit } from './records.ts';
import type { Story } from './stories.ts';

export interface Golden {
  readonly release: string;
  readonly story: Story;
  readonly kind: Kind;
  readonly pipelines: Pipelines;
  /** Messages in all. */
  readonly messages: number;
  /** The world between two messages, in the order of time; the last when nothing moved any more. */
  readonly states: readonly WorldState[];
  readonly outcomes: Readonly<Record<string, unknown>>;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CACHE = fileURLToPath(
  new URL('../../node_modules/.cache/headrace/histories', import.meta.url),
);
const SUFFIX = '.json.br';
const KIT = 'kit.mjs.br';

const compress = (text: string): Buffer =>
  brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });

export const releases = (): readonly string[] =>
  readdirSync(HERE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d/.test(entry.name))
    .map(({ name }) => name)
    .sort();

export function goldensOf(release: string): readonly Golden[] {
  const folder = join(HERE, release);
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => JSON.parse(brotliDecompressSync(readFileSync(join(folder, name))).toString()));
}

export function keep(golden: Golden): number {
  mkdirSync(join(HERE, golden.release), { recursive: true });
  const content = compress(JSON.stringify(golden));
  writeFileSync(
    join(HERE, golden.release, `${golden.story.name}-${golden.kind}${SUFFIX}`),
    content,
  );
  return content.length;
}

export function keepKit(release: string, code: string): number {
  mkdirSync(join(HERE, release), { recursive: true });
  const content = compress(code);
  writeFileSync(join(HERE, release, KIT), content);
  return content.length;
}

/** The version itself. Its imports from outside are the repository's. */
export async function kitOf(release: string): Promise<Kit> {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `kit-${release}-${process.pid}.mjs`);
  writeFileSync(file, brotliDecompressSync(readFileSync(join(HERE, release, KIT))));
  return import(pathToFileURL(file).href);
}
