/**
 * Calls of the client of Docker, which finds its engine itself (`DOCKER_HOST`, contexts).
 *
 * @module
 */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { DockerUnavailableError } from './errors.ts';

const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

export interface DockerResult {
  readonly ok: boolean;
  readonly output: string;
}

/** @throws DockerUnavailableError if there is no client */
export async function docker(...args: readonly string[]): Promise<DockerResult> {
  try {
    const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: MAX_OUTPUT_BYTES });
    return { ok: true, output: stdout.trim() };
  } catch (error) {
    const { code, stderr, message } = propertiesOf(error);
    if (code === 'ENOENT')
      throw new DockerUnavailableError(
        '--containers runs steps with Docker, and there is no program docker in the PATH: install Docker, or leave --containers out',
      );
    return { ok: false, output: (stderr === '' ? message : stderr).trim() };
  }
}

/** Runs the client with its output on standard error. Resolves to the exit code. */
export function showDocker(...args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = spawn('docker', args, { stdio: ['ignore', process.stderr, 'inherit'] });
    client.on('error', reject);
    client.on('close', (code) => resolve(code ?? 1));
  });
}

function propertiesOf(error: unknown): { code: unknown; stderr: string; message: string } {
  if (!(error instanceof Error)) return { code: undefined, stderr: '', message: String(error) };
  return {
    code: 'code' in error ? error.code : undefined,
    stderr: 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '',
    message: error.message,
  };
}
