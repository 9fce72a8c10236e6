/**
 * Locates the parts of the SDK that become part of users' bundles: sources when Headrace runs from
 * its sources, built files in the package.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import type { SdkFiles } from '../bundle/sdk-files.ts';

export interface InstalledSdkFiles extends SdkFiles {
  /** The file that `headrace` resolves to in a plain program, and in debug mode. */
  readonly host: string;
}

const SOURCE_PATHS = {
  replay: '../sdk/replay/index.ts',
  step: '../sdk/step/index.ts',
  host: '../index.ts',
};
/** The built package is one folder, which contains the code of this file too. */
const BUILT_PATHS = { replay: './replay.js', step: './step.js', host: './index.js' };

export function sdkFiles(moduleUrl: string = import.meta.url): InstalledSdkFiles {
  const paths = moduleUrl.endsWith('.ts') ? SOURCE_PATHS : BUILT_PATHS;
  const path = (relative: string): string => fileURLToPath(new URL(relative, moduleUrl));
  return { replay: path(paths.replay), step: path(paths.step), host: path(paths.host) };
}
