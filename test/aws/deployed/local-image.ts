/**
 * Replaces images where steps run as processes: the runner's folder, with this machine's Node.js
 * and npm.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SubprocessOptions } from '../../../testing/batch/index.ts';

const RUNNER = fileURLToPath(new URL('../../../dist/runner', import.meta.url));

/** Maps the runner's two commands to this folder, and executes every other command unchanged. */
const DISPATCH = `#!/bin/sh
set -eu
case $1 in
  /headrace/bin/start) exec "\${0%/*}/bin/start" ;;
  /headrace/bin/install) shift; exec "\${0%/*}/bin/install" "$@" ;;
  *) exec "$@" ;;
esac
`;

/** @param folder an empty folder for the files that replace the image */
export function localImages(
  folder: string,
  image: string,
): NonNullable<SubprocessOptions['images']> {
  cpSync(RUNNER, folder, { recursive: true });
  symlinkSync(process.execPath, join(folder, 'bin/node'));
  mkdirSync(join(folder, 'lib'), { recursive: true });
  const npm = join(dirname(process.execPath), '../lib/node_modules/npm');
  if (existsSync(npm)) symlinkSync(npm, join(folder, 'lib/npm'));
  const dispatch = join(folder, 'dispatch.sh');
  writeFileSync(dispatch, DISPATCH, { mode: 0o755 });
  // Other images differ from the step image only in their files, and a process always uses the
  // files of this machine.
  return { [image]: { entrypoint: [dispatch] }, '*': {} };
}
