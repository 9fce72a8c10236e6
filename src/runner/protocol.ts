/**
 * What a runner's subprocess and its parent (the engine, or a container's supervisor) say to each other over the process's IPC channel.
 *
 * 1. A runner says `ready` once, is told one `run`, and ends.
 * 2. Every message of a runner is answered with `accepted` once it is safe: what is not answered when the channel breaks is still the runner's to keep.
 * 3. Nothing large travels here: values above the inline limit, files and folders go to the object store.
 *
 * @module
 */
import type { RunnerMessage, StepSpec } from '../model/spec.ts';

/** The one job of a runner. Paths are absolute. */
export interface Assignment {
  readonly spec: StepSpec;
  readonly job: string;
  /** The engine's home: objects, and the cache of modules. */
  readonly home: string;
  /** The job's own folder, removed when it ended. It is not there yet. */
  readonly temporaryDirectory: string;
  readonly logStream: string;
  /** Milliseconds that a step goes on for after its engine died, or after it was told to stop. */
  readonly graceMs: number;
}

export type StopCause = 'timeout' | 'abort';

export type ToRunner =
  | { readonly kind: 'run'; readonly assignment: Assignment }
  | { readonly kind: 'accepted'; readonly id: number }
  /** Followed by a SIGTERM, and by a SIGKILL after the grace. */
  | { readonly kind: 'stop'; readonly cause: StopCause | 'reclaimed'; readonly reason: string };

export type FromRunner =
  | { readonly kind: 'ready' /** Bytes that V8's heap may have. */; readonly heapLimit: number }
  | { readonly kind: 'message'; readonly id: number; readonly message: RunnerMessage };
