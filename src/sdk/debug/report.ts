/**
 * The report of a run in debug mode, and the options of its host.
 *
 * @module
 */
import type { JsonObject } from '../../model/json.ts';
import type { PipelineDeclaration } from '../../model/options.ts';
import type { MatrixContent, TableContent } from '../../model/plot-content.ts';
import type { NodeStatus } from '../option-types.ts';
import type { PlotContent } from '../plot-data.ts';
import type { Metadata } from '../step/runtime.ts';

export interface DebugAttempt {
  readonly number: number;
  status: 'running' | 'completed' | 'failed' | 'aborted';
  error?: unknown;
  readonly startedAt: number;
  endedAt?: number;
  /** Names of what a failed attempt uploaded before another one replaced it. */
  artifacts?: readonly string[];
  models?: readonly string[];
}

export interface DebugArtifact {
  readonly name: string;
  /** `json`, `cbor`, `bytes`, `file` or `folder`. */
  readonly type: string;
  /** The path in the run's temporary folder. */
  readonly path: string;
  readonly size: number;
  readonly preview: string;
  readonly metadata?: Metadata;
}

export interface DebugModel {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly framework?: string;
  readonly metadata?: Metadata;
}

export interface DebugPoint {
  readonly title: string;
  readonly series: string;
  readonly value: number;
  readonly iteration: number;
  readonly at: number;
}

/** A table, an image or a confusion matrix. */
export interface DebugPlot extends Omit<PlotContent, 'bytes'> {
  readonly title: string;
  readonly series: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly at: number;
  readonly size: number;
  /** The bytes of an image. */
  readonly content: TableContent | MatrixContent | Uint8Array;
}

/** Encoded arguments. */
export interface DebugArguments {
  readonly size: number;
  /** The list with a value of `describe` in the place of each result of a step. */
  described(
    describe: (result: {
      readonly source: {
        readonly name: string;
        readonly returnValues: readonly string[];
      };
      readonly index: number | undefined;
    }) => unknown,
  ): unknown[];
}

export interface DebugStepReport {
  readonly call: number;
  readonly name: string;
  readonly component: string;
  readonly taskType: string;
  /** The options that views show. */
  readonly options: JsonObject;
  readonly tags: readonly string[];
  readonly queue: string;
  readonly status: NodeStatus;
  readonly parents: readonly string[];
  /** The `ComponentCode.id` of its component. */
  readonly componentId: string;
  /** The arguments of the call, those that a callback received, and those of the launch. */
  readonly args: DebugArguments;
  readonly receivedArguments: DebugArguments | undefined;
  readonly launchArguments: DebugArguments;
  readonly attempts: readonly DebugAttempt[];
  /** One value for each name in `returnValues`, if the step has completed. */
  readonly values: readonly unknown[] | undefined;
  readonly returnValues: readonly string[];
  readonly error: unknown;
  readonly artifacts: readonly DebugArtifact[];
  readonly models: readonly DebugModel[];
  readonly points: readonly DebugPoint[];
  /** Those of all attempts. */
  readonly plots: readonly DebugPlot[];
}

export interface DebugReport {
  readonly id: string;
  readonly declaration: PipelineDeclaration;
  readonly status: 'completed' | 'failed' | 'aborted';
  readonly result: unknown;
  readonly error: unknown;
  readonly tags: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** In the order of the calls. */
  readonly steps: readonly DebugStepReport[];
  readonly artifacts: readonly DebugArtifact[];
  readonly models: readonly DebugModel[];
}

/** An attempt that starts, with the values of its arguments. */
export interface DebugCall {
  readonly step: DebugStepReport;
  readonly args: readonly unknown[];
  /** Calls the component's function. */
  run(): unknown;
}

export interface DebugOptions {
  /** Receives the output of loggers and the errors of callbacks. By default `console.log`. */
  readonly print?: (line: string) => void;
  /** Values of signals. Those of one name are received in this order. */
  readonly signals?: readonly { readonly name: string; readonly value: unknown }[];
  /** Requests the value of a signal that has none; undefined if there is no one to enter it. */
  readonly requestSignal?: (name: string) => Promise<unknown> | undefined;
  /** The working directory of logic and steps: the root of the project. */
  readonly root?: string;
  /** Executes each attempt of a step in place of the component's function. */
  readonly execute?: (call: DebugCall) => unknown;
  /** Aborts the run. */
  readonly signal?: AbortSignal;
  /** Called at each change of a step's status. */
  readonly onStatus?: (step: DebugStepReport, previous: NodeStatus) => void;
}
