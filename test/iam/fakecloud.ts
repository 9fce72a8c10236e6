/**
 * fakecloud: an emulator of AWS that verifies signatures and enforces the policies of roles, started on loopback, on a free port, with nothing kept.
 *
 * It is a program beside the tests: `FAKECLOUD_BIN` names it. Nothing of it is part of Headrace.
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
  /** Services whose policies it enforces, as it says itself when it starts; of all others it takes every request. */
  readonly enforced: ReadonlySet<string>;
  stop(): Promise<void>;
}

const VERSION = '0.51.0';
const READY_WITHIN_MS = 30_000;
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
/** Ends when its standard input does, so that a test process that is killed leaves no server behind. */
const LIFELINE =
  'exec 3<&0; "$@" 3<&- & child=$!; (cat <&3 > /dev/null; kill -9 $child) & wait $child';
/** A signature of this key is not verified, and nothing is refused to it: what sets up the account has it. */
export const ROOT_KEY = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** @throws Error that says how to get the program */
export function fakecloudBinary(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.FAKECLOUD_BIN;
  const how = `get it by \`cargo install fakecloud --version ${VERSION} --locked\` and name it: FAKECLOUD_BIN=~/.cargo/bin/fakecloud npm run test:iam`;
  if (named === undefined || named === '')
    throw new Error(`these tests need the program fakecloud ${VERSION}: ${how}`);
  try {
    accessSync(named, constants.X_OK);
  } catch {
    throw new Error(
      `FAKECLOUD_BIN names ${named}, which is no program that can be started: ${how}`,
    );
  }
  return named;
}

/** Starts it with strict policies and waits until it answers. */
export async function startFakecloud(): Promise<Fakecloud> {
  const binary = fakecloudBinary();
  const home = await mkdtemp(join(tmpdir(), 'headrace-fakecloud-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const words = [
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
  const server = spawn('/bin/sh', ['-c', LIFELINE, 'sh', binary, ...words], {
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

/** What it says of itself: the services with and without enforcement. */
function enforcedIn(output: string): ReadonlySet<string> | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  const list = /enforced=\[([^\]]*)\]/.exec(output.replaceAll(/\u001b\[\d*m/g, ''))?.[1];
  return list === undefined
    ? undefined
    : new Set([...list.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name));
}
