/**
 * Counts retired words: names and comments use the terms of docs/glossary.md instead.
 *
 *     npx tsx scripts/vocabulary.ts [--list]
 *
 * A word inside an identifier counts too: `askAgain` holds `ask`. The check fails above
 * `MAX_OCCURRENCES`.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['src', 'lib', 'lambda', 'bin', 'console'];

/** The number on record. Lower it when occurrences go; never raise it. */
const MAX_OCCURRENCES = 3;

/** Each list shares the replacement that is named behind it. */
const RETIRED: readonly (readonly [words: string, instead: string])[] = [
  ['tell tells telling told untold', 'publish, record, report, send'],
  ['say says saying said', 'report, state, append, send'],
  ['hear hears hearing heard', 'receive, authenticate, accept'],
  ['ask asks asking asked', 'request, query, evaluate'],
  ['look looks looking looked', 'poll, check, read, inspect'],
  ['whoever somebody nobody anybody people', 'the caller, the controller, a reader; no …'],
  ['elsewhere beforehand', 'external, before'],
  ['nap naps napping woken', 'pending sleep, ended sleep'],
  ['rival rivals', 'duplicate'],
  ['hopeless', 'permanent'],
  ['begin begins beginning begun', 'start'],
  ['patience lanes', 'redelivery, queue limiter'],
];

const REPLACEMENTS: ReadonlyMap<string, string> = new Map(
  RETIRED.flatMap(([words, instead]) => words.split(' ').map((word) => [word, instead] as const)),
);

export interface Occurrence {
  readonly file: string;
  readonly line: number;
  readonly word: string;
  readonly instead: string;
}

/**
 * The retired words of a text, in order. Identifiers are split where their case changes. A method of
 * canvases has its name from the browser.
 */
export function retiredWords(file: string, text: string): readonly Occurrence[] {
  return text.split('\n').flatMap((content, index) =>
    (
      content
        .replaceAll('beginPath', '')
        .replace(/([a-z\d])([A-Z])/g, '$1 $2')
        .match(/[A-Za-z]+/g) ?? []
    ).flatMap((found) => {
      const word = found.toLowerCase();
      const instead = REPLACEMENTS.get(word);
      return instead === undefined ? [] : [{ file, line: index + 1, word, instead }];
    }),
  );
}

function occurrences(): readonly Occurrence[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) return [];
      const path = join(entry.parentPath, entry.name);
      return retiredWords(relative(ROOT, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const found = occurrences();
  const isTooMany = found.length > MAX_OCCURRENCES;
  if (isTooMany || process.argv.includes('--list')) {
    for (const { file, line, word, instead } of found) {
      console.error(`${file}:${line} ${word} (write: ${instead})`);
    }
  }
  console.log(`vocabulary: ${found.length} retired words, ${MAX_OCCURRENCES} allowed`);
  process.exitCode = isTooMany ? 1 : 0;
}
