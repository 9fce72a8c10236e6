/**
 * The messages between a runner's process and its parent (the engine, or a container's supervisor)
 * over the IPC channel of the process.
 *
 * 1. A runner sends `ready` once, receives one `run`, and exits. With `staysAfterwards`, it sends
 *    `idle` in place of its exit if no work of the attempt is left, and receives the next `run`.
 * 2. The parent acknowledges every message of a runner with `accepted` once the message is safe. If
 *    the channel breaks, the runner keeps the messages that were not acknowledged.
 * 3. Messages are small: values above the inline limit, files and folders go to the object store.
 *
 * @module
 */
import type { JobSettings } from '../model/container-settings.ts';
import type { RunnerMessage, StepSpec } from '../model/spec.ts';

/** A job of a runner. Paths are absolute. */
export interface Assignment {
  readonly spec: StepSpec;
  readonly job: string;
  /** The engine's home: objects, and the cache of modules. */
  readonly home: string;
  /** The folder of this job alone: the runner creates it, the parent removes it after the job. */
  readonly temporaryDirectory: string;
  readonly logStream: string;
  /** How long a step continues after its parent crashed, or after a `stop` message. */
  readonly graceMs: number;
  /** The process may run another attempt after this one. */
  readonly staysAfterwards?: true | undefined;
  /**
   * The folder of the code of a process that stays: the runner creates it, the parent removes it
   * after the process. Absent: the code is in the folder of the job.
   */
  readonly codeFolder?: string | undefined;
  /** The file that standard output and errors are redirected to; absent: they stay as they are. */
  readonly outputFile?: string | undefined;
  /** Only for a step in a container of this machine (`local/containers/container-shim.ts`). */
  readonly container?: ContainerAssignment | undefined;
}

/** The container of a step on this machine. */
export interface ContainerAssignment {
  readonly settings: JobSettings;
  readonly host: ContainerHost;
  /** Identifies the engine's process in the container's labels. */
  readonly engine: string;
}

/** What containers of this machine share. */
export interface ContainerHost {
  /** The image of the runner, in which steps run whose component names none. */
  readonly image: string;
  /** The volume that holds the runner for all other images. */
  readonly volume: string;
  /** `uid:gid` of the user in the container whose files belong to the user of this machine. */
  readonly user: string | undefined;
}

export type StopCause = 'timeout' | 'abort';

export type ToRunner =
  | { readonly kind: 'run'; readonly assignment: Assignment }
  | { readonly kind: 'accepted'; readonly ids: readonly number[] }
  /** Followed by a SIGTERM, and by a SIGKILL after the grace. */
  | { readonly kind: 'stop'; readonly cause: StopCause | 'reclaimed'; readonly reason: string };

export type FromRunner =
  | { readonly kind: 'ready' /** Bytes that V8's heap may have. */; readonly heapLimit: number }
  | { readonly kind: 'message'; readonly id: number; readonly message: RunnerMessage }
  /** The attempt has ended with success, and its messages were accepted. */
  | { readonly kind: 'idle' };
