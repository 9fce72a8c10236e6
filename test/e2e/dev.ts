/**
 * A server on this machine, started by the built command, and commands that use it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type Client, createClient } from '../../src/client/client.ts';
import { bearer } from '../../src/client/signing.ts';
import { aProject, type Project, type Running } from './cli.ts';
import { temporaryFolder } from './headrace.ts';

export interface Dev {
  /** The project whose commands use the server. Its home is not the server's. */
  readonly project: Project;
  readonly home: string;
  readonly endpoint: string;
  readonly token: string;
  readonly client: Client;
  readonly running: Running;
  /** Restarts the server on the same home and port. */
  restart(): Promise<Running>;
}

/**
 * A server on its own home, and a project with these files whose commands use it
 * (`HEADRACE_ENDPOINT`, `HEADRACE_TOKEN`, `HEADRACE_MODE=remote`).
 */
export async function aServer(
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<Dev> {
  const project = await aProject(files);
  const home = join(await temporaryFolder(), 'home');
  const start = async (port: string): Promise<Running> => {
    const running = project.start('dev', '--home', home, '--port', port, ...options);
    await running.printed('the token is in');
    return running;
  };
  const running = await start('0');
  const endpoint = /listening on (\S+)/.exec(running.stdout())?.[1] ?? '';
  const token = (await readFile(join(home, 'api-token'), 'utf8')).trim();
  vi.stubEnv('HEADRACE_ENDPOINT', endpoint);
  vi.stubEnv('HEADRACE_TOKEN', token);
  vi.stubEnv('HEADRACE_MODE', 'remote');
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    project,
    home,
    endpoint,
    token,
    client: createClient({ endpoint, sign: bearer(() => token) }),
    running,
    restart: () => start(new URL(endpoint).port),
  };
}

/** Stops the server by a signal, and returns its exit code. */
export async function stop(
  running: Running,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<number | null> {
  running.process.kill(signal);
  return (await running.ended).code;
}
