/**
 * What stands for images where steps run as processes: the runner's folder, with this machine's
 * Node and npm in it.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SubprocessOptions } from '../../../testing/batch/index.ts';

const RUNNER = fileURLToPath(new URL('../../../dist/runner', import.meta.url));

/**
 * The runner's own two commands, wherever the container would have them; all else is run as it is.
 */
const DISPATCH = `#!/bin/sh
set -eu
case $1 in
  /headrace/bin/start) exec "\${0%/*}/bin/start" ;;
  /headrace/bin/install) shift; exec "\${0%/*}/bin/install" "$@" ;;
  *) exec "$@" ;;
esac
`;

/** @param folder empty, for the files that stand for the image */
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
  // Another image differs from ours by what is in it; a process has this machine's files either
  // way.
  return { [image]: { entrypoint: [dispatch] }, '*': {} };
}
