/**
 * ministack: an emulator of AWS in one Python process, on loopback, on a free port, with nothing kept when it stops.
 *
 * The first start installs it with pip below `node_modules/.cache`; later starts need no network. It ends with the process that started it, however that ends.
 *
 * ```ts
 * const aws = await startMinistack();
 * const client = new DynamoDBClient(clientOptions(aws));
 * await aws.stop();
 * ```
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installed } from './python.ts';

export interface Emulator {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** What a process needs to speak to it through the SDK: `AWS_ENDPOINT_URL`, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const VERSION = '1.5.33';
const REQUIREMENTS = [`ministack==${VERSION}`, 'boto3==1.43.106', 'cryptography==50.0.2'];
const READY_WITHIN_MS = 60_000;

/** Ends when its standard input does, so that a test process that is killed leaves no server behind. */
const LAUNCHER = `
import os, sys, threading
def follow():
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), 9) if os.getpgid(0) == os.getpid() else os._exit(1)
threading.Thread(target=follow, daemon=True).start()
sys.argv = ['ministack']
from ministack.app import main
main()
`;

/**
 * What the tests run against: the endpoint that `AWS_ENDPOINT_URL` names, if it does (and then nothing is stopped), else a ministack of their own.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function startEmulator(): Promise<Emulator> {
  const { AWS_ENDPOINT_URL: endpoint, ...environment } = process.env;
  if (endpoint === undefined || endpoint === '') return startMinistack();
  const given = Object.entries(environment).flatMap(([name, value]) => (name.startsWith('AWS_') && value !== undefined ? [[name, value]] : []));
  return { endpoint, environment: { ...credentials, ...Object.fromEntries(given), AWS_ENDPOINT_URL: endpoint }, stop: async () => undefined };
}

const credentials = { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

/**
 * Starts a ministack and waits until it answers.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function startMinistack(): Promise<Emulator> {
  const { python, packages } = await installed('ministack', VERSION, REQUIREMENTS);
  const home = await mkdtemp(join(tmpdir(), 'headrace-ministack-'));
  await writeFile(join(home, 'package.json'), '{"type":"commonjs"}');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(python, ['-c', LAUNCHER], {
    cwd: home,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      HOME: home,
      TMPDIR: home,
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      LANG: 'C.UTF-8',
      PYTHONPATH: packages,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
    },
  });
  const output = lastOutput(server);
  const stop = async () => {
    await end(server);
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await untilReady(server, `${endpoint}/_ministack/health`);
  } catch (error) {
    await stop();
    throw new Error(`ministack did not start: ${error instanceof Error ? error.message : error}\n${output()}`, { cause: error });
  }
  return { endpoint, environment: { ...credentials, AWS_ENDPOINT_URL: endpoint }, stop };
}

/** Options of an SDK client that speaks to the emulator. */
export const clientOptions = ({ endpoint, environment }: Emulator) => ({
  endpoint,
  region: environment.AWS_REGION ?? credentials.AWS_REGION,
  credentials: {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? credentials.AWS_ACCESS_KEY_ID,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? credentials.AWS_SECRET_ACCESS_KEY,
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (true) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error(`it ended with ${server.exitCode ?? server.signalCode}`);
    if (await answers(url)) return;
    if (Date.now() > deadline) throw new Error(`it did not answer at ${url} within ${READY_WITHIN_MS / 1000} s`);
    await pause(50);
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

/** Ends the server and the functions that it started: they are one process group. */
async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  try {
    process.kill(-server.pid, 'SIGKILL');
  } catch {
    server.kill('SIGKILL');
  }
  await ended;
}

const KEPT = 4_000;

/** Drains what the server prints; the answer gives the end of it. */
function lastOutput(server: ChildProcess): () => string {
  let text = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-KEPT);
    });
  }
  return () => text;
}
