/**
 * The interface of executors, which run containers. The containers of a task share volumes and are
 * started one by one.
 *
 * @module
 */
import type { MountPoints, TaskContainer, Volumes } from './shapes.ts';

export interface ContainerPlan
  extends Pick<
    TaskContainer,
    'user' | 'privileged' | 'readonlyRootFilesystem' | 'ulimits' | 'linuxParameters'
  > {
  readonly name: string;
  readonly image: string;
  /** Replaces the command of the image. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly mountPoints: MountPoints;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

export interface TaskPlan {
  /** Consists of letters and digits. */
  readonly taskId: string;
  readonly volumes: Volumes;
}

export interface ContainerExit {
  readonly exitCode: number | undefined;
  /** Additional information, such as `OutOfMemoryError: …`. */
  readonly reason?: string | undefined;
}

export interface RunningContainer {
  /** Never rejects. Resolves after its last line was written. */
  readonly ended: Promise<ContainerExit>;
  /** Ignored if the container has exited. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** Runs the containers of one task. */
export interface TaskRuntime {
  /**
   * @throws Error whose message is the container's reason, such as `CannotPullContainerError: …`
   */
  start(container: ContainerPlan, write: (line: string) => void): Promise<RunningContainer>;
  /** Removes the volumes and containers. */
  remove(): Promise<void>;
}

export interface Executor {
  readonly name: string;
  open(task: TaskPlan): Promise<TaskRuntime>;
  /** Kills all running containers. */
  close(): Promise<void>;
}
