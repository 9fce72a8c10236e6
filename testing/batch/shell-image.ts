/**
 * An image for tests without a registry: this machine's shell and some programs, with their
 * libraries.
 *
 * @module
 */
import { execFile, spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { DockerEngine } from '../../test/aws/docker/engine.ts';

const run = promisify(execFile);

export const SHELL_IMAGE = 'batch-emulator-shell:test';

const PROGRAMS = ['bash', 'sh', 'sleep', 'cat', 'head', 'tail'];

export async function makeShellImage({ host }: DockerEngine): Promise<void> {
  const files = new Set<string>();
  for (const program of PROGRAMS) {
    const { stdout } = await run('sh', ['-c', `command -v ${program}`]);
    const path = stdout.trim();
    const libraries = await run('ldd', [await realpath(path)]).then(
      (answer) => answer.stdout.match(/\/\S+/gu) ?? [],
      () => [],
    );
    for (const file of [path, ...libraries]) files.add(file.slice(1));
  }
  const pack = spawn('tar', ['--create', '--dereference', '--directory=/', ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const load = spawn('docker', ['--host', host, 'import', '-', SHELL_IMAGE], {
    stdio: [pack.stdout, 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    load.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`docker import exited with code ${code}`);
}
