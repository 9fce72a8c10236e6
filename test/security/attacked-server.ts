/**
 * A `headrace dev` process that all tests of a file attack, and raw access to its port.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { type Client, createClient } from '../../src/client/client.ts';
import { bearer } from '../../src/client/signing.ts';
import { COMMAND } from '../e2e/cli.ts';
import { type Ended, execute } from '../e2e/headrace.ts';

export interface AttackedServer {
  /** The project's folder, which contains `main.ts`. */
  readonly folder: string;
  readonly home: string;
  readonly endpoint: string;
  readonly port: number;
  /** The token of a legitimate caller. */
  readonly token: string;
  readonly client: Client;
  readonly process: ChildProcess;
  /** Runs a command of a legitimate user against the server. */
  cli(...args: readonly string[]): Promise<Ended>;
}

/** Registers the start and the end of a server for the tests of a file. */
export function attackedServer(source = ''): () => AttackedServer {
  let server: AttackedServer | undefined;
  beforeAll(async () => {
    server = await start(source);
  });
  afterAll(async () => {
    if (server === undefined) return;
    const exited = new Promise((resolve) => server?.process.once('exit', resolve));
    server.process.kill('SIGKILL');
    await exited;
    await rm(server.folder, { recursive: true, force: true });
  });
  return () => {
    if (server === undefined) throw new Error('the server is not started');
    return server;
  };
}

async function start(source: string): Promise<AttackedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-attack-'));
  await writeFile(join(folder, 'package.json'), '{ "name": "a-project", "type": "module" }');
  await writeFile(join(folder, 'main.ts'), source);
  const home = join(folder, '.headrace');
  const child = spawn(process.execPath, [COMMAND, 'dev', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  await vi.waitUntil(() => stdout.includes('the token is in'), { timeout: 60_000 });
  const endpoint = /listening on (\S+)/.exec(stdout)?.[1] ?? '';
  const token = await tokenIn(/the token is in (\S+)/.exec(stdout)?.[1] ?? '');
  const env = {
    HEADRACE_ENDPOINT: endpoint,
    HEADRACE_TOKEN: token,
    HEADRACE_MODE: 'remote',
    HEADRACE_HOME: '',
  };
  return {
    folder,
    home,
    endpoint,
    port: Number(new URL(endpoint).port),
    token,
    client: createClient({ endpoint, sign: bearer(() => token) }),
    process: child,
    cli: (...args) => execute(process.execPath, [COMMAND, ...args], { cwd: folder, env }),
  };
}

async function tokenIn(file: string): Promise<string> {
  const record: { readonly token: string } = JSON.parse(await readFile(file, 'utf8'));
  return record.token;
}

export interface RawResponse {
  /** Undefined if the server closed the connection without a response. */
  readonly status: number | undefined;
  /** Everything that arrived, further responses included. */
  readonly text: string;
}

/** Opens a connection to the server and sends these bytes. */
export function send(port: number, bytes: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject);
      // The server may reset a connection whose request it refused.
      socket.on('error', () => undefined);
      socket.write(bytes, 'latin1');
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Sends these bytes, and reads until the server closes the connection. */
export async function exchange(port: number, bytes: string): Promise<RawResponse> {
  const socket = await send(port, bytes);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { status: statusIn(text), text };
}

/** Sends these bytes, and reads until the head of a response has arrived. */
export async function firstResponse(port: number, bytes: string): Promise<RawResponse> {
  const socket = await send(port, bytes);
  let text = '';
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\r\n\r\n')) resolve();
    });
  });
  socket.destroy();
  return { status: statusIn(text), text };
}

function statusIn(text: string): number | undefined {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** The head of a request, with an empty line after it. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
