/**
 * The versions in the lock file of npm, pnpm or yarn.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface LockFile {
  /** The name of the file. */
  readonly name: string;
  /** The command that installs what it has. */
  readonly command: string;
  /** The versions of a package; empty if the file has none. */
  versionsOf(name: string): readonly string[];
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

const matches = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, version = '']) => version)),
];

type VersionsOf = (text: string, name: string) => readonly string[];

/** `"node_modules/name": { "version": "1.0.0" }`, also below other packages. */
const ofNpm: VersionsOf = (text, name) =>
  matches(
    text,
    new RegExp(
      `"(?:[^"]*\\/)?node_modules\\/${escaped(name)}": \\{\\s*(?:"name": "[^"]*",\\s*)?"version": "([^"]+)"`,
      'g',
    ),
  );

/** `  name@1.0.0:`, `  '@scope/name@1.0.0(peer@2.0.0)':`, and `  /name@1.0.0:` of earlier versions. */
const ofPnpm: VersionsOf = (text, name) =>
  matches(text, new RegExp(`^  ['"]?\\/?${escaped(name)}@(\\d[^('":]*)`, 'gm'));

/** `name@^1.0.0:`, then `  version "1.0.0"` (yarn 1) or `  version: 1.0.0`. */
const ofYarn: VersionsOf = (text, name) =>
  matches(
    text,
    new RegExp(`^"?(?:[^\\n]*[ "])?${escaped(name)}@[^\\n]*:\\n  version:? "?([^"\\n]+)`, 'gm'),
  );

const FORMATS: readonly (readonly [file: string, command: string, VersionsOf])[] = [
  ['package-lock.json', 'npm ci', ofNpm],
  ['npm-shrinkwrap.json', 'npm ci', ofNpm],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', ofPnpm],
  ['yarn.lock', 'yarn install', ofYarn],
];

/** The lock file of the project, or of the workspace around it. */
export function findLockFile(root: string): LockFile | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    for (const [file, command, versionsOf] of FORMATS) {
      const text = readText(join(folder, file));
      if (text !== undefined)
        return {
          name: basename(file),
          command,
          versionsOf: (name) => versionsOf(text, name),
        };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
