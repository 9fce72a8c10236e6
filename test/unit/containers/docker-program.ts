/**
 * A stand-in for the program `docker`.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** A program `docker` that answers by the lines of a shell script. Resolves to its calls. */
export async function withDocker(script: string): Promise<() => Promise<readonly string[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-docker-host-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/sh\necho "$*" >> ${join(folder, 'calls')}\n${script}\n`,
    { mode: 0o755 },
  );
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return async () => (await readFile(join(folder, 'calls'), 'utf8')).trimEnd().split('\n');
}
