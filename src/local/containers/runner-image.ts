/**
 * The image of the runner on this machine, and the volume with the same runner for other images.
 *
 * 1. The tag is the hash of all files from which the image is built, so that each release has its
 *    own. An image that was built by hand under the tag is used.
 * 2. The volume is complete when it holds the file that the last command of its copy created.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INIT_VOLUME_FOLDER, RUNNER_FOLDER } from '../../model/container.ts';
import { docker, showDocker } from './docker-client.ts';
import { DockerUnavailableError } from './errors.ts';

/** Beside this module in the built package, otherwise where the sources of it are. */
const CANDIDATE_FOLDERS = ['./runner/', '../../../dist/runner/'];
/** What a user adds where no registry can be reached. */
const VENDOR_FOLDER = 'vendor';
const HASH_LENGTH = 16;

/** @throws DockerUnavailableError if the package has no such folder */
export function runnerFolder(): string {
  for (const candidate of CANDIDATE_FOLDERS) {
    const folder = fileURLToPath(new URL(candidate, import.meta.url));
    if (existsSync(join(folder, 'Dockerfile'))) return folder;
  }
  throw new DockerUnavailableError(
    'the files of the image of steps are missing in this installation: run node scripts/runner.mjs',
  );
}

/** The tag of the image that is built from the folder. */
export function runnerTag(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith(VENDOR_FOLDER) && !file.endsWith('.draft'))
    .sort();
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

/** Builds the image if it is missing. Returns its name. @throws DockerUnavailableError */
export async function ensureRunnerImage(
  folder: string,
  note: (line: string) => void,
): Promise<string> {
  const image = `headrace-runner:${runnerTag(folder)}`;
  if ((await docker('image', 'inspect', '--format', '{{.Id}}', image)).ok) return image;
  note(`note: building the image of steps, ${image}, once for this version of Headrace`);
  if ((await showDocker('build', '--tag', image, folder)) !== 0)
    throw new DockerUnavailableError(
      `the image of steps could not be built; Docker's output names the reason. Where no registry can be reached, build it by hand: docker build --tag ${image} --build-arg BASE=… ${folder}`,
    );
  return image;
}

/** Copies the runner into its volume, unless it is there. @throws DockerUnavailableError */
export async function ensureRunnerVolume(image: string): Promise<string> {
  const volume = image.replace(':', '-');
  const complete = `${INIT_VOLUME_FOLDER}/.complete`;
  const copied = await docker(
    ...['run', '--rm', '--network', 'none', '--user', '0:0'],
    ...['--mount', `type=volume,source=${volume},target=${INIT_VOLUME_FOLDER}`],
    ...[image, 'sh', '-c'],
    `test -e ${complete} || { ${RUNNER_FOLDER}/bin/install ${INIT_VOLUME_FOLDER} && touch ${complete}; }`,
  );
  if (!copied.ok)
    throw new DockerUnavailableError(
      `the runner could not be copied into the volume ${volume}: ${copied.output}`,
    );
  return volume;
}
