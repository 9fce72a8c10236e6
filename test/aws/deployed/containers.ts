/**
 * Real containers for a cloud's steps: a Docker engine, and the step image built from
 * `runner/Dockerfile`.
 *
 * @module
 */
import { dockerExecutor, type Executor } from '../../../testing/batch/index.ts';
import { startDocker } from '../docker/engine.ts';
import { buildImages, RUNNER_IMAGE } from '../docker/images.ts';

export interface Containers {
  readonly executor: Executor;
  /** The image of steps that do not name one. */
  readonly image: string;
  stop(): Promise<void>;
}

/** @throws NoDockerError with what is missing and how to get it */
export async function startContainers(): Promise<Containers> {
  const engine = await startDocker();
  try {
    await buildImages(engine);
    // The emulators listen on this machine's loopback interface, which only a container in the
    // host's network reaches.
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
