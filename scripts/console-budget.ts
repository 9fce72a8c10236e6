/**
 * Checks the sizes of the built console, gzipped, and that nothing is in it that must not be.
 *
 *     npx tsx scripts/console-budget.ts
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = fileURLToPath(new URL('../dist/console', import.meta.url));

/** Bytes of 1,000, gzipped. */
export const BUDGET = {
  start: 120_000,
  screen: 180_000,
  all: 250_000,
  styles: 12_000,
  worker: 10_000,
};

/** The text of each built file, by its path below `dist/console`. */
export type ConsoleFiles = ReadonlyMap<string, string>;

const sizeOf = (text: string): number => gzipSync(text, { level: 9 }).length;

/** The scripts that a script loads with itself. */
const importsOf = (text: string): readonly string[] => [
  ...new Set(
    [
      ...text.matchAll(
        /\bfrom\s*["'`]\.\/([\w.-]+\.js)["'`]|\bimport\s*["'`]\.\/([\w.-]+\.js)["'`]/g,
      ),
    ].map(([, from, only]) => from ?? only ?? ''),
  ),
];

/** The script and all that it loads with itself. */
function closureOf(scripts: ConsoleFiles, names: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...importsOf(scripts.get(name) ?? ''));
  }
  return found;
}

export interface Sizes {
  /** The entry, and the screen of the list of runs. */
  readonly start: number;
  /** Each screen with the entry, by the name of its chunk. */
  readonly screens: ReadonlyMap<string, number>;
  readonly all: number;
  readonly styles: number;
  /** The largest worker. */
  readonly worker: number;
}

/** The names of workers' files contain this word. */
const isWorker = (name: string): boolean => /\.worker-|worker/.test(name);

export function sizesOf(files: ConsoleFiles): Sizes {
  const named = (ending: string): ConsoleFiles =>
    new Map(
      [...files]
        .filter(([path]) => path.endsWith(ending))
        .map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
    );
  const scripts = named('.js');
  const page = files.get('index.html') ?? '';
  const entries = [...page.matchAll(/(?:src|href)="[^"]*\/([\w.-]+\.js)"/g)].map(
    ([, name = '']) => name,
  );
  const total = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + sizeOf(scripts.get(name) ?? ''), 0);
  const initial = closureOf(scripts, entries);
  const screens = new Map(
    [...scripts.keys()]
      .filter((name) => name.startsWith('screen-'))
      .map((name) => [name, total(closureOf(scripts, [...entries, name]))]),
  );
  const runs = [...screens].find(([name]) => name.startsWith('screen-runs-'))?.[1];
  const workers = [...scripts].filter(([name]) => isWorker(name)).map(([, text]) => sizeOf(text));
  return {
    start: runs ?? total(initial),
    screens,
    all: total(scripts.keys()),
    styles: [...named('.css').values()].reduce((sum, text) => sum + sizeOf(text), 0),
    worker: Math.max(0, ...workers),
  };
}

const kb = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;

/** A sentence for each size over its budget, and for each file that must not be there. */
export function problemsOf(files: ConsoleFiles): readonly string[] {
  const { start, screens, all, styles, worker } = sizesOf(files);
  const over = (what: string, size: number, limit: number): readonly string[] =>
    size <= limit ? [] : [`${what}: ${kb(size)} gzipped, ${kb(limit)} allowed`];
  return [
    ...over('the list of runs', start, BUDGET.start),
    ...[...screens].flatMap(([name, size]) => over(`the screen ${name}`, size, BUDGET.screen)),
    ...over('all scripts', all, BUDGET.all),
    ...over('the styles', styles, BUDGET.styles),
    ...over('a worker', worker, BUDGET.worker),
    ...[...files].flatMap(([path, text]) => forbidden(path, text)),
  ];
}

function forbidden(path: string, text: string): readonly string[] {
  if (path.endsWith('.map')) return [`${path}: source maps are not published`];
  if (path.endsWith('.html') && /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/.test(text))
    return [`${path}: the policy of content forbids inline scripts and styles`];
  if (path.endsWith('.js') && text.includes('sourceMappingURL'))
    return [`${path}: source maps are not published`];
  if (path.endsWith('.js') && /\bZodError\b|\$ZodType/.test(text))
    return [`${path}: contains schemas; import only types of src/wire`];
  return [];
}

function builtFiles(): ConsoleFiles {
  return new Map(
    readdirSync(DIST, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [
          path.slice(DIST.length + 1).replaceAll('\\', '/'),
          readFileSync(path, 'utf8'),
        ] as const;
      }),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = builtFiles();
  const problems = problemsOf(files);
  for (const problem of problems) console.error(problem);
  const { start, screens, all, styles, worker } = sizesOf(files);
  console.log(
    `console, gzipped: start ${kb(start)}, largest screen ${kb(Math.max(0, ...screens.values()))}, all ${kb(all)}, styles ${kb(styles)}, worker ${kb(worker)}`,
  );
  process.exitCode = problems.length > 0 ? 1 : 0;
}
