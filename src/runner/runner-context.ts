/**
 * The services and settings that a runner needs, in a subprocess and in a container alike.
 *
 * @module
 */
import type { RunnerMessage, StepSpec } from '../model/spec.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';

export type StepFunction = (...args: readonly unknown[]) => unknown;

/** The pipeline's own encoding of values. */
export interface Serializers {
  /** Returns bytes or text. */
  readonly serializer?: ((value: unknown) => unknown) | undefined;
  /** Receives the stored bytes. */
  readonly deserializer?: ((bytes: Buffer) => unknown) | undefined;
}

export interface RunnerContext {
  readonly objects: Objects;
  /** The default export of the step's bundle. */
  loadCode(spec: StepSpec): Promise<StepFunction>;
  /** Called only if the spec names serializers. */
  loadSerializers(spec: StepSpec): Promise<Serializers>;
  /**
   * Resolves once the message is safe. If possible, the message is sent before the call returns.
   */
  send(message: RunnerMessage): Promise<void>;
  readonly jobId: string;
  readonly logStream?: string | undefined;
  /** Fires when the attempt shall end. Its reason is a `StepStoppedError`. */
  readonly signal: AbortSignal;
  /** How long a step that watches the signal may continue after it fired. */
  readonly stopGraceMs: number;
  /** A path of this job alone. The folder is created on first use. */
  readonly temporaryDirectory: string;
  /** The folder of local copies of remote files. It is created on first use. */
  readonly downloadsFolder: string;
  readonly clock: Clock;
  /** A note about the completed step for the person who started the run. */
  note?(): string | undefined;
}
