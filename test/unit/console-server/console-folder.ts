/**
 * A folder with files as the build of the console makes them, for tests of servers.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const INDEX =
  '<!doctype html><script type="module" src="/console/assets/index-a1.js"></script>';
/** Long enough that a server compresses it. */
export const SCRIPT = `export const text = '${'a text '.repeat(400)}';\n`;

export function aConsoleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), INDEX);
  writeFileSync(join(folder, 'assets/index-a1.js'), SCRIPT);
  writeFileSync(join(folder, 'assets/index-a1.css'), 'body { margin: 0 }');
  writeFileSync(join(folder, 'notes.sqlite'), 'a file of a type that is not served');
  return folder;
}
