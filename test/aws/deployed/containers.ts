/**
 * Real containers for a cloud's steps: a Docker engine, with the image of steps built from
 * `runner/Dockerfile`.
 *
 * @module
 */
import { dockerExecutor, type Executor } from '../../../testing/batch/index.ts';
import { startDocker } from '../docker/engine.ts';
import { buildImages, RUNNER_IMAGE } from '../docker/images.ts';

export interface Containers {
  readonly executor: Executor;
  /** The image of steps that name none. */
  readonly image: string;
  stop(): Promise<void>;
}

/** @throws NoDockerError that says what is missing, and what gets it */
export async function startContainers(): Promise<Containers> {
  const engine = await startDocker();
  try {
    await buildImages(engine);
    // The emulators listen on this machine's loopback: only a container in its network reaches
    // them.
    return {
      executor: dockerExecutor({ host: engine.host, network: 'host' }),
      image: RUNNER_IMAGE,
      stop: () => engine.stop(),
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}
