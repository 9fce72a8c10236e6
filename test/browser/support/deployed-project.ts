/**
 * The API on an emulated AWS, with a pipeline whose steps wait for files: jobs are processes of this
 * machine, so that a test decides when they end.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startCloud } from '../../aws/deployed/cloud.ts';
import { clientOf } from '../../aws/deployed/remote.ts';
import { type ConsoleServer, startConsole } from './dev-server.ts';
import { gateSource } from './gate-source.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMMAND = join(ROOT, 'dist/bin/headrace.js');

const source = (gates: string) => `
import { existsSync } from 'node:fs';
import { component, currentStep, pipeline } from 'headrace';
${gateSource(gates)}
export const load = component({ returnValues: ['rows'] }, async function load(from: string) {
  console.log('reading <b>' + from + '</b>');
  await gate(from);
  return { source: from, values: new Float64Array(20_000).fill(0.25) };
});

export const train = component(
  { returnValues: ['loss'] },
  async function train(rows: { values: Float64Array }, depth: number) {
    const { logger } = currentStep();
    for (let epoch = 0; epoch < 5; epoch++) logger.reportScalar('loss', 'train', 1 / (epoch + depth), epoch);
    return rows.values.length / depth;
  },
);

export const main = pipeline({ name: 'deployed', project: 'cloud' }, async (from: string, depth = 2) => {
  return await train(load(from), depth);
});
`;

export interface DeployedServer extends ConsoleServer {
  /** Starts a run, and returns its id. Its first step waits for the gate of this name. */
  startRun(gate: string): Promise<string>;
  openGate(name: string): Promise<void>;
}

/** Deploys the stack, runs the pipeline once, and serves its console until `use` ends. */
export async function serveDeployment(
  use: (server: DeployedServer) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-deployed-'));
  const cloud = await startCloud({ batch: { stopGraceMs: 500 } });
  const { endpoint, environment } = cloud;
  const openGate = (name: string) => writeFile(join(folder, 'gates', name), '');
  try {
    await writeProject(folder);
    await openGate('first');
    await promisify(execFile)(
      process.execPath,
      [
        ...[COMMAND, 'run', 'pipeline.ts', '--mode', 'remote', '--endpoint', endpoint],
        ...['--arg', 'from=first'],
      ],
      { cwd: folder, env: { ...process.env, ...environment } },
    );
    const server = await startConsole(folder, endpoint, environment);
    const client = clientOf(cloud);
    const startRun = async (from: string) => {
      const { id } = await client.createRun({
        project: 'cloud',
        pipeline: 'deployed',
        args: { from },
      });
      return id;
    };
    await use({ ...server, startRun, openGate });
    await server.close();
  } finally {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'gates'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(ROOT, join(folder, 'node_modules/headrace'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(join(folder, 'pipeline.ts'), source(join(folder, 'gates')));
}
