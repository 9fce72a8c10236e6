/**
 * A project with a pipeline whose steps wait for files, so that a test decides when they end.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type DevServer, homeToken } from './dev-server.ts';
import { gateSource } from './gate-source.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMMAND = join(ROOT, 'dist/bin/headrace.js');

const source = (gates: string) => `
import { existsSync } from 'node:fs';
import { component, pipeline, waitForSignal } from 'headrace';
${gateSource(gates)}
export const load = component({ returnValues: ['rows'] }, async function load(mode: string) {
  console.log('loading rows');
  if (mode === 'gated') await gate('load');
  return [1, 2, 3];
});

export const train = component(
  { returnValues: ['loss'] },
  async function train(rows: number[], index: number, mode: string) {
    console.log('training', index);
    if (mode === 'gated') await gate('train');
    if (mode === 'paused' || mode === 'watched') await gate(mode);
    if (mode === 'failing' && index === 1 && !existsSync(${JSON.stringify(gates)} + '/mended'))
      throw new Error('shape mismatch');
    return index / rows.length;
  },
);

export const main = pipeline({ name: 'live' }, async (mode = 'gated') => {
  const rows = load(mode);
  const first = train(rows, 0, mode);
  const second = train(rows, 1, mode);
  await first;
  await second;
  if (mode === 'signal') return await waitForSignal<string>('approve');
  return 'done';
});
`;

/** Writes the project into the folder of a home. */
export async function writeLiveProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'gates'), { recursive: true });
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(ROOT, join(folder, 'node_modules/headrace'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(join(folder, 'pipeline.ts'), source(join(folder, 'gates')));
}

/** Lets the steps that wait for a gate continue, now and later. */
export const openGate = (folder: string, name: string): Promise<void> =>
  writeFile(join(folder, 'gates', name), '');

const registered = new Map<string, Promise<unknown>>();

/** Runs the pipeline once to its end, which registers it. */
const register = (server: DevServer): Promise<unknown> =>
  promisify(execFile)(
    process.execPath,
    [COMMAND, 'run', 'pipeline.ts', '--endpoint', server.origin, '--arg', 'mode=plain'],
    { cwd: join(server.home, '..'), env: { ...process.env, HEADRACE_HOME: server.home } },
  );

/** Starts a run at the server, and returns its id. */
export async function startLiveRun(server: DevServer, mode: string): Promise<string> {
  const before = registered.get(server.origin) ?? register(server);
  registered.set(server.origin, before);
  await before;
  const token = await homeToken(server);
  const response = await fetch(`${server.origin}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline: 'live', args: { mode } }),
  });
  if (!response.ok) throw new Error(`the run was not started: ${await response.text()}`);
  const { id }: { readonly id: string } = await response.json();
  return id;
}
