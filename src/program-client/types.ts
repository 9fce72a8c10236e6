/**
 * The types of `headrace/client`. They need no types of other packages.
 *
 * @module
 */

/** Which runs to list, newest first. */
export interface RunQuery {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly status?: RunState | undefined;
  /** Default: 20. */
  readonly limit?: number | undefined;
}

export type RunState = 'queued' | 'running' | 'aborting' | 'completed' | 'failed' | 'aborted';

/** A run in a list. */
export interface ListedRun {
  readonly id: string;
  readonly pipeline: string;
  readonly project: string;
  readonly version: string;
  readonly number: number;
  readonly status: RunState;
  readonly tags: readonly string[];
  /** ISO 8601, like all times. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface ReportedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

export interface MetricPoint {
  readonly iteration: number;
  readonly value: number;
  readonly at: string;
}

export interface Metric {
  readonly title: string;
  readonly series: string;
  /** The step's name; null for a metric that the logic reported. */
  readonly step: string | null;
  readonly points: readonly MetricPoint[];
}

/** A table. A time is a text of RFC 3339; NaN and infinities are numbers. */
export interface PlotTable {
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'text' | 'number' | 'boolean' | 'time';
  }[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

/** A confusion matrix: `counts[i][j]` is how often class `i` was classified as class `j`. */
export interface PlotMatrix {
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** A table, an image or a confusion matrix that a step reported. */
export interface Plot {
  readonly kind: 'table' | 'image' | 'confusionMatrix';
  readonly title: string;
  readonly series: string;
  readonly iteration: number;
  readonly step: string;
  readonly attempt: number;
  /** `json`, `png`, `jpeg`, `gif` or `webp`. */
  readonly format: string;
  /** Columns, labels or pixels. */
  readonly width: number;
  /** Rows, labels or pixels. */
  readonly height: number;
  readonly at: string;
  /** The data of a table. @throws NotFoundError for another kind, or damaged content */
  table(): Promise<PlotTable>;
  /** The data of a confusion matrix. @throws NotFoundError for another kind, or damaged content */
  confusionMatrix(): Promise<PlotMatrix>;
  /** The stored bytes: those of the image, or JSON. */
  bytes(): Promise<Uint8Array>;
}

/** An artifact or a model of a step or a run. */
export interface Output {
  readonly name: string;
  readonly kind: 'artifact' | 'model';
  /** `json`, `cbor`, `bytes`, `file`, `folder` or `custom`. */
  readonly format: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /**
   * The value, as a step receives it: data is decoded. Bytes, files, and what a pipeline's own
   * serializer wrote are a `Uint8Array`.
   *
   * @throws NotFoundError for a folder: `save` unpacks it
   */
  value(): Promise<unknown>;
  /** Writes the value to a file, or unpacks a folder. Returns the path. */
  save(path: string): Promise<string>;
}

export interface StepAttempt {
  readonly number: number;
  readonly status: string;
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** A step, as it was when it was read. */
export interface ReadStep {
  readonly name: string;
  readonly component: string;
  readonly status: string;
  readonly tags: readonly string[];
  readonly queue: string;
  readonly parents: readonly string[];
  readonly attempts: readonly StepAttempt[];
  readonly error: ReportedError | null;
  readonly metrics: readonly Metric[];
  /** The tables, images and confusion matrices of the last attempt, or of another one. */
  plots(options?: { readonly attempt?: number | undefined }): Promise<readonly Plot[]>;
  outputs(): Promise<readonly Output[]>;
  /** The value of an artifact: that of the only one, if no name is given. @throws NotFoundError */
  artifact(name?: string): Promise<unknown>;
  /** What all attempts printed and reported, or one of them. */
  logs(options?: { readonly attempt?: number | undefined }): Promise<string>;
}

/** A run, as it was when it was read. */
export interface ReadRun extends Omit<ListedRun, 'createdAt'> {
  readonly args: Readonly<Record<string, unknown>>;
  readonly error: ReportedError | null;
  /** The pipeline's result, decoded. @throws PipelineRunError if the run has not completed */
  result(): Promise<unknown>;
  /** All steps, in the order of the calls. */
  steps(): Promise<readonly ReadStep[]>;
  /** The step of that name. @throws NotFoundError */
  step(name: string): Promise<ReadStep>;
  /** The metrics of the logic and of all steps. */
  metrics(): Promise<readonly Metric[]>;
  /** The tables, images and confusion matrices of all steps, of their last attempts. */
  plots(): Promise<readonly Plot[]>;
  /** The artifacts and models of the run itself. */
  outputs(): Promise<readonly Output[]>;
  /** The value of an artifact of the run itself. @throws NotFoundError */
  artifact(name: string): Promise<unknown>;
  logs(): Promise<string>;
  /** The run as it is now. */
  refresh(): Promise<ReadRun>;
  /** Resolves with the run when it has ended, whatever its status. */
  wait(): Promise<ReadRun>;
}

/** A pipeline to start. */
export interface StartRequest {
  /** The file that declares the pipeline. */
  readonly file: string;
  /** Which of the file's pipelines: its export or its name. */
  readonly pipeline?: string | undefined;
  /** The arguments by name. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  /** Execute every step; its results are stored in the cache. */
  readonly noCache?: boolean | undefined;
}

/** The runs of a home or of an API. */
export interface HeadraceClient {
  runs(query?: RunQuery): Promise<readonly ListedRun[]>;
  /**
   * @param name an id, the start of one, `latest`, `pipeline#7` or `project/pipeline#7`
   * @throws NotFoundError
   */
  run(name: string): Promise<ReadRun>;
  /**
   * Starts a run. In a home, this process executes it until it ends: `close` interrupts it.
   *
   * @throws HeadraceError if the pipeline or the arguments are invalid
   */
  start(request: StartRequest): Promise<ReadRun>;
  /** Closes the home. Runs that this process executes are interrupted, and can be resumed. */
  close(): Promise<void>;
}
