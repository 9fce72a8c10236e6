/**
 * Starts a server in its own process on a free port, waits until it answers, and stops it with all
 * of its child processes.
 *
 * The process must exit when its standard input is closed, so that a killed test process leaves
 * nothing behind.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServerPlan {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** @param home a temporary folder, which is deleted when the server stops */
  readonly environment: (port: number, home: string) => Readonly<Record<string, string>>;
  /** Answers 2xx when the server is ready. */
  readonly health: string;
  readonly readyWithinMs: number;
  /** Called before it starts. */
  readonly prepare?: (home: string) => Promise<void>;
}

export interface Server {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** @throws Error with the end of its output, if it does not start */
export async function startServer({
  name,
  program,
  args,
  environment,
  health,
  readyWithinMs,
  prepare,
}: ServerPlan): Promise<Server> {
  const home = await mkdtemp(join(tmpdir(), `headrace-${name}-`));
  await prepare?.(home);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(program, args, {
    cwd: home,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment(port, home) },
  });
  const output = lastOutput(child);
  const stop = async () => {
    await killGroup(child);
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await untilReady(child, `${endpoint}${health}`, readyWithinMs, () => true);
  } catch (error) {
    await stop();
    throw new Error(
      `${name} did not start: ${error instanceof Error ? error.message : error}\n${output()}`,
      { cause: error },
    );
  }
  return { endpoint, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is available');
  return address.port;
}

/** Waits until the URL answers 2xx and `read` returns a value. */
export async function untilReady<T>(
  server: ChildProcess,
  url: string,
  withinMs: number,
  read: () => T | undefined,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  while (true) {
    if (server.exitCode !== null || server.signalCode !== null)
      throw new Error(`it exited with ${server.exitCode ?? server.signalCode}`);
    const found = (await answers(url)) ? read() : undefined;
    if (found !== undefined) return found;
    if (Date.now() > deadline)
      throw new Error(`it did not answer at ${url} within ${withinMs / 1000} s`);
    await pause(50);
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

/** Kills the server and its child processes: they are one process group. */
async function killGroup(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  try {
    process.kill(-server.pid, 'SIGKILL');
  } catch {
    server.kill('SIGKILL');
  }
  await exited;
}

const MAX_OUTPUT_CHARACTERS = 4_000;

/** Drains the server's output; the result returns the end of it. */
function lastOutput(server: ChildProcess): () => string {
  let text = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS);
    });
  }
  return () => text;
}
