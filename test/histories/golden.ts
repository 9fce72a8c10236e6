/**
 * The files of the golden histories of a release: one compressed JSON text for each story and each
 * kind of records, and the kit of the release. They are made once for the release (`make.ts`), and
 * do not change afterwards.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { EngineState, Pipelines } from './recorded-engine.ts';
import type { Kit, RecordsKind } from './records.ts';
import type { Story } from './stories.ts';

export interface Golden {
  readonly release: string;
  readonly story: Story;
  readonly kind: RecordsKind;
  readonly pipelines: Pipelines;
  /** The number of messages in total. */
  readonly messages: number;
  /** States between two messages, in the order of time. The last one is the final state. */
  readonly states: readonly EngineState[];
  readonly outcomes: Readonly<Record<string, unknown>>;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
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
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d/.test(entry.name))
    .map(({ name }) => name)
    .sort();

export function goldensOf(release: string): readonly Golden[] {
  const folder = join(FOLDER, release);
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => JSON.parse(brotliDecompressSync(readFileSync(join(folder, name))).toString()));
}

export function storeGolden(golden: Golden): number {
  mkdirSync(join(FOLDER, golden.release), { recursive: true });
  const content = compress(JSON.stringify(golden));
  writeFileSync(
    join(FOLDER, golden.release, `${golden.story.name}-${golden.kind}${SUFFIX}`),
    content,
  );
  return content.length;
}

export function storeKit(release: string, code: string): number {
  mkdirSync(join(FOLDER, release), { recursive: true });
  const content = compress(code);
  writeFileSync(join(FOLDER, release, KIT), content);
  return content.length;
}

/** Loads the kit of the release. Its external packages are those of the repository. */
export async function loadKit(release: string): Promise<Kit> {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `kit-${release}-${process.pid}.mjs`);
  writeFileSync(file, brotliDecompressSync(readFileSync(join(FOLDER, release, KIT))));
  return import(pathToFileURL(file).href);
}
