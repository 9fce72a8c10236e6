/**
 * Where the parts of the SDK lie that become part of users' bundles: sources when Headrace runs
 * from its sources, built files in the package. The one place that knows.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import type { SdkFiles } from '../bundle/sdk-files.ts';

export interface InstalledSdkFiles extends SdkFiles {
  /** What `headrace` is in a plain program, and in debug mode. */
  readonly host: string;
}

const SOURCE_PATHS = {
  replay: '../sdk/replay/index.ts',
  step: '../sdk/step/index.ts',
  host: '../index.ts',
};
/** All of the built package is in one folder, this file's code too. */
const BUILT_PATHS = { replay: './replay.js', step: './step.js', host: './index.js' };

export function sdkFiles(moduleUrl: string = import.meta.url): InstalledSdkFiles {
  const paths = moduleUrl.endsWith('.ts') ? SOURCE_PATHS : BUILT_PATHS;
  const path = (relative: string): string => fileURLToPath(new URL(relative, moduleUrl));
  return { replay: path(paths.replay), step: path(paths.step), host: path(paths.host) };
}
