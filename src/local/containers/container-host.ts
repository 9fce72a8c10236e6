/**
 * Prepares this machine for steps in containers, before a run starts: the engine of Docker, the
 * image and the volume of the runner, and the images of the steps.
 *
 * @module
 */
import type { ContainerHost } from '../../runner/protocol.ts';
import { isProcessAlive } from '../jobs/process-identity.ts';
import { ENGINE_LABEL, HOME_LABEL } from './docker-arguments.ts';
import { docker, showDocker } from './docker-client.ts';
import { DockerUnavailableError } from './errors.ts';
import { ensureRunnerImage, ensureRunnerVolume, runnerFolder } from './runner-image.ts';

/**
 * @param folder that of the image of steps. Default: the package's own
 * @throws DockerUnavailableError: one sentence with the remedy
 */
export async function prepareContainerHost(
  home: string,
  note: (line: string) => void,
  folder?: string,
): Promise<ContainerHost> {
  const version = await docker('version', '--format', '{{.Server.Version}}');
  if (!version.ok)
    throw new DockerUnavailableError(
      `--containers runs steps with Docker, and its engine does not respond (${lastLine(version.output)}): start Docker, or leave --containers out`,
    );
  await removeLeftContainers(home);
  const image = await ensureRunnerImage(folder ?? runnerFolder(), note);
  return { image, volume: await ensureRunnerVolume(image), user: await userInContainers() };
}

/** Downloads the images that are missing, with Docker's progress. @throws DockerUnavailableError */
export async function pullImages(
  images: Iterable<string>,
  note: (line: string) => void,
): Promise<void> {
  for (const image of new Set(images)) {
    if ((await docker('image', 'inspect', '--format', '{{.Id}}', image)).ok) continue;
    note(`note: downloading the image ${image}`);
    if ((await showDocker('pull', image)) !== 0)
      throw new DockerUnavailableError(
        `the image ${image} could not be downloaded; Docker's output names the reason: correct the option docker, or sign in with docker login`,
      );
  }
}

/** In a rootless engine, root in the container is the user of this machine. */
async function userInContainers(): Promise<string | undefined> {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === undefined || gid === undefined) return undefined;
  const options = await docker('info', '--format', '{{json .SecurityOptions}}');
  return options.output.includes('name=rootless') ? '0:0' : `${uid}:${gid}`;
}

/** Removes the containers of engines that have crashed. They would end by themselves, too. */
async function removeLeftContainers(home: string): Promise<void> {
  const { output } = await docker(
    ...['ps', '--all', '--filter', `label=${HOME_LABEL}=${home}`],
    ...['--format', `{{.ID}} {{.Label "${ENGINE_LABEL}"}}`],
  );
  const left = output.split('\n').flatMap((line) => {
    const [id = '', pid = '', startTime = ''] = line.split(' ');
    return id === '' || isProcessAlive({ pid: Number(pid), startTime }) ? [] : [id];
  });
  if (left.length > 0) await docker('rm', '--force', ...left);
}

const lastLine = (text: string): string => text.split('\n').at(-1) ?? '';
