/**
 * The deployed functions as processes: each one with its bundle, its environment in the template,
 * and the credentials of its role.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Credentials } from './account.ts';

export interface RunningFunction {
  /** @throws Error with the handler's error */
  invoke(event: unknown): Promise<unknown>;
  /** Its log, line by line. */
  readonly lines: readonly string[];
  stop(): void;
}

const PROGRAM = fileURLToPath(new URL('./function-process.mjs', import.meta.url));

const messageSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ id: z.number(), result: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
]);

/**
 * @param bundle the folder with its code and settings
 * @param environment of the function, without credentials
 */
export async function startFunction(
  { name, bundle }: { readonly name: string; readonly bundle: string },
  environment: Readonly<Record<string, string>>,
  credentials: Credentials,
): Promise<RunningFunction> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const child = fork(PROGRAM, [pathToFileURL(join(bundle, 'index.mjs')).href], {
    execArgv: ['--no-warnings'],
    env: {
      ...environment,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines = linesOf(child);
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    child.on('message', (received) => {
      const message = messageSchema.parse(received);
      if ('ready' in message) return resolve();
      const caller = waiting.get(message.id);
      waiting.delete(message.id);
      if ('error' in message) caller?.reject(new Error(`${name}: ${message.error}`));
      else caller?.resolve(message.result);
    });
    child.on('exit', (code) => {
      const error = new Error(
        `the function ${name} ended with ${code}:\n${lines.slice(-20).join('\n')}`,
      );
      reject(error);
      for (const caller of waiting.values()) caller.reject(error);
    });
  });
  return {
    lines,
    invoke: (event) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.send({ id, event });
      }),
    stop: () => void child.kill('SIGKILL'),
  };
}

function linesOf(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream
      ?.setEncoding('utf8')
      .on('data', (text: string) => lines.push(...text.split('\n').filter((line) => line !== '')));
  }
  return lines;
}
