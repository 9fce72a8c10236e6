/**
 * The boundary to what runs containers: a task's containers share volumes and are started one by
 * one.
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
  /** Takes the place of the image's own command. */
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly mountPoints: MountPoints;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

export interface TaskPlan {
  /** Letters and digits. */
  readonly taskId: string;
  readonly volumes: Volumes;
}

export interface ContainerEnd {
  readonly exitCode: number | undefined;
  /** Such as `OutOfMemoryError: …`; only where there is more to say than the exit code. */
  readonly reason?: string | undefined;
}

export interface RunningContainer {
  /** Never rejects. Resolves after its last line was written. */
  readonly ended: Promise<ContainerEnd>;
  /** Without effect on one that ended. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** What the containers of one task share. */
export interface TaskPlace {
  /**
   * @throws Error whose message is the container's reason, such as `CannotPullContainerError: …`
   */
  start(container: ContainerPlan, write: (line: string) => void): Promise<RunningContainer>;
  /** Removes volumes and what is left of containers. */
  remove(): Promise<void>;
}

export interface Executor {
  readonly name: string;
  open(task: TaskPlan): Promise<TaskPlace>;
  /** Ends what still runs. */
  close(): Promise<void>;
}
