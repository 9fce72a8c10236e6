/**
 * fakecloud: an emulator of AWS that verifies signatures and enforces the policies of roles. It
 * listens on a free port of the loopback interface and stores nothing.
 *
 * It is an external program: `FAKECLOUD_BIN` names it. No part of it belongs to Headrace.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilReady } from '../aws/harness/server.ts';

export interface Fakecloud {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /**
   * Services whose policies it enforces, as it reports when it starts. It accepts every request to
   * other services.
   */
  readonly enforced: ReadonlySet<string>;
  stop(): Promise<void>;
}

const VERSION = '0.51.0';
const READY_WITHIN_MS = 30_000;
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
/** Ends when its standard input ends, so that a killed test process leaves no server behind. */
const LIFELINE =
  'exec 3<&0; "$@" 3<&- & child=$!; (cat <&3 > /dev/null; kill -9 $child) & wait $child';
/**
 * The key that sets up the account: its signatures are not verified, and all its requests are
 * allowed.
 */
export const ROOT_KEY = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** @throws Error that explains how to install the program */
export function fakecloudBinary(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.FAKECLOUD_BIN;
  const how = `install it with \`cargo install fakecloud --version ${VERSION} --locked\` and name it: FAKECLOUD_BIN=~/.cargo/bin/fakecloud npm run test:iam`;
  if (named === undefined || named === '')
    throw new Error(`these tests need the program fakecloud ${VERSION}: ${how}`);
  try {
    accessSync(named, constants.X_OK);
  } catch {
    throw new Error(`FAKECLOUD_BIN names ${named}, which is not an executable program: ${how}`);
  }
  return named;
}

/** Starts it with strict policies and waits until it responds. */
export async function startFakecloud(): Promise<Fakecloud> {
  const binary = fakecloudBinary();
  const home = await mkdtemp(join(tmpdir(), 'headrace-fakecloud-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = [
    '--addr',
    `127.0.0.1:${port}`,
    '--iam',
    'strict',
    '--verify-sigv4',
    '--account-id',
    ACCOUNT,
    '--region',
    REGION,
    '--log-level',
    'warn',
  ];
  const server = spawn('/bin/sh', ['-c', LIFELINE, 'sh', binary, ...args], {
    cwd: home,
    env: { HOME: home, TMPDIR: home, PATH: process.env.PATH, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = output.length > 200_000 ? output : output + chunk.toString();
    });
  }
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.stdin.end();
      await ended;
    }
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const enforced = await untilReady(
      server,
      `${endpoint}/_fakecloud/health`,
      READY_WITHIN_MS,
      () => enforcedIn(output),
    );
    return { endpoint, account: ACCOUNT, region: REGION, enforced, stop };
  } catch (error) {
    await stop();
    throw new Error(
      `fakecloud did not start: ${error instanceof Error ? error.message : error}\n${output.slice(-4000)}`,
      { cause: error },
    );
  }
}

/** The services with enforcement, from its output. */
function enforcedIn(output: string): ReadonlySet<string> | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  const list = /enforced=\[([^\]]*)\]/.exec(output.replaceAll(/\u001b\[\d*m/g, ''))?.[1];
  return list === undefined
    ? undefined
    : new Set([...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name));
}
