/**
 * What a runner needs of the world around it: the same in a subprocess and in a container.
 *
 * @module
 */
import type { RunnerMessage, StepSpec } from '../model/spec.ts';
import type { Clock } from '../ports/clock.ts';
import type { Objects } from '../ports/objects.ts';

export type StepFunction = (...args: readonly unknown[]) => unknown;

/** The pipeline's own form for values. */
export interface Serializers {
  /** To bytes or text. */
  readonly serializer?: ((value: unknown) => unknown) | undefined;
  /** From the bytes that the serializer's answer became. */
  readonly deserializer?: ((bytes: Buffer) => unknown) | undefined;
}

export interface RunnerContext {
  readonly objects: Objects;
  /** The default export of the step's bundle. */
  loadCode(spec: StepSpec): Promise<StepFunction>;
  /** Asked only if the spec names serializers. */
  loadSerializers(spec: StepSpec): Promise<Serializers>;
  /** Resolves once the message is safe. The message leaves, if it can, before the call returns. */
  send(message: RunnerMessage): Promise<void>;
  readonly jobId: string;
  readonly logStream?: string | undefined;
  /** Fires when the attempt shall end. Its reason is a `StepStoppedError`. */
  readonly signal: AbortSignal;
  /** Milliseconds that a step which watches the signal has to come to its end. */
  readonly stopGraceMs: number;
  /** A path of this job alone; made when something needs it. */
  readonly temporaryDirectory: string;
  readonly clock: Clock;
}
