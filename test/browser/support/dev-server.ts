/**
 * `headrace dev` and `headrace console` of the built package, for all tests of a file.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The benchmarks bundle this module: the command is found from the folder in which they run. */
const COMMAND = resolve('dist/bin/headrace.js');

export interface ConsoleServer {
  /** `http://127.0.0.1:4750`. */
  readonly origin: string;
  /** The address that signs a page in. Its code is valid once. */
  readonly signInUrl: string;
}

export interface DevServer extends ConsoleServer {
  readonly home: string;
  close(): Promise<void>;
}

/** Starts `headrace dev`, on any port without `port`. */
export async function startDevServer(folder: string, home: string, port = 0): Promise<DevServer> {
  const args = ['dev', '--home', home, '--port', String(port)];
  return { ...(await startServer(folder, args)), home };
}

/** Starts `headrace console`, in front of the API at this address. */
export const startConsole = (
  folder: string,
  endpoint: string,
  environment: Readonly<Record<string, string>>,
  ...options: readonly string[]
) =>
  startServer(folder, ['console', '--endpoint', endpoint, '--port', '0', ...options], environment);

/** Starts a command that prints an address with a one-time code. */
async function startServer(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ConsoleServer & Pick<DevServer, 'close'>> {
  const { FORCE_COLOR: _, NO_COLOR: __, HEADRACE_HOME: ___, ...env } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const signInUrl = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const found = /^console.*: (\S+#code=\S+)$/m.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      reject(new Error(`headrace ${args[0]} ended with ${code}:\n${output}\n${errors}`)),
    );
  });
  return {
    origin: new URL(signInUrl).origin,
    signInUrl,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** The folder of a home below a project's folder. */
export const homeOf = (folder: string): string => join(folder, '.headrace');

/** The token of the home of a server, which commands read. */
export async function homeToken({ home, origin }: DevServer): Promise<string> {
  const { host } = new URL(origin);
  const record = join(home, 'servers', `${host.replace(':', '-')}.json`);
  const { token }: { readonly token: string } = JSON.parse(await readFile(record, 'utf8'));
  return token;
}

/** Exchanges the code of the server's address for a token, as the page does. */
export async function signIn({ signInUrl, origin }: ConsoleServer): Promise<string> {
  const code = new URLSearchParams(new URL(signInUrl).hash.slice(1)).get('code');
  const response = await fetch(`${origin}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  const answer: unknown = await response.json();
  if (typeof answer === 'object' && answer !== null && 'token' in answer)
    return String(answer.token);
  throw new Error(`the code was refused: ${JSON.stringify(answer)}`);
}
