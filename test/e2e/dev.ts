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
  /** Starts the server again on the same home and port. It has a new token. */
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
  let token = '';
  const useTokenOf = async (server: Running): Promise<void> => {
    token = await tokenOf(server);
    vi.stubEnv('HEADRACE_TOKEN', token);
  };
  vi.stubEnv('HEADRACE_ENDPOINT', endpoint);
  await useTokenOf(running);
  vi.stubEnv('HEADRACE_MODE', 'remote');
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    project,
    home,
    endpoint,
    get token() {
      return token;
    },
    client: createClient({ endpoint, sign: bearer(() => token) }),
    running,
    async restart() {
      const restarted = await start(new URL(endpoint).port);
      await useTokenOf(restarted);
      return restarted;
    },
  };
}

/** The token that a server of this output has. */
export async function tokenOf(running: Running): Promise<string> {
  const [, file = ''] = /the token is in (\S+)/.exec(running.stdout()) ?? [];
  const record: { readonly token: string } = JSON.parse(await readFile(file, 'utf8'));
  return record.token;
}

/** Stops the server by a signal, and returns its exit code. */
export async function stop(
  running: Running,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<number | null> {
  running.process.kill(signal);
  return (await running.ended).code;
}
