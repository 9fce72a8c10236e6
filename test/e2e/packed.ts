/**
 * Packs packages of this repository, and installs them as users do.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { execute, ROOT } from './headrace.ts';

export const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Packs a package into a folder, and returns the path of the archive. */
export async function pack(destination: string, folder: string = ROOT): Promise<string> {
  const packed = await execute(NPM, ['pack', '--json', '--pack-destination', destination], {
    cwd: folder,
  });
  expect(packed.code, packed.stderr).toBe(0);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  return join(destination, filename);
}

/** Installs archives, and the packages of `package.json`, in a folder. */
export async function install(folder: string, ...archives: readonly string[]): Promise<void> {
  const installed = await execute(
    NPM,
    ['install', '--no-audit', '--no-fund', '--prefer-offline', ...archives],
    { cwd: folder },
  );
  expect(installed.code, installed.stderr).toBe(0);
}

/** An empty project inside a folder, in which the packed package is installed. */
export async function projectWithPackage(
  folder: string,
  fields: Readonly<Record<string, unknown>> = { type: 'module' },
): Promise<string> {
  const archive = await pack(folder);
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', private: true, ...fields }),
  );
  await install(project, archive);
  return project;
}
