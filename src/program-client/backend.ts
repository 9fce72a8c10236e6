/**
 * What the client needs of a home or an API. The rest is the same for both.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { Value } from '../model/value.ts';
import type { CompiledPipeline } from '../submit/compile.ts';
import type { ReportSource } from '../view/run-report.ts';
import type { RunListItem, RunViewModel } from '../view/view-models.ts';
import type { RunQuery } from './types.ts';

export interface OutputValue {
  readonly name: string;
  readonly kind: 'artifact' | 'model';
  readonly value: Value;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** The stored bytes of the value. */
  read(): Promise<Uint8Array>;
}

export interface CompiledRequest {
  readonly compiled: CompiledPipeline;
  readonly args: JsonObject;
  readonly noCache: boolean;
}

export interface Backend {
  /** All runs, newest first. */
  runs(query: Omit<RunQuery, 'limit'>): AsyncIterable<RunListItem>;
  /** The id of the run that an id, the start of one or `latest` names. @throws NotFoundError */
  find(name: string): Promise<RunId>;
  run(id: RunId): Promise<RunViewModel>;
  source(): Promise<ReportSource>;
  /** @param step the name of a step; undefined: the run itself */
  outputs(run: RunId, step: string | undefined): Promise<readonly OutputValue[]>;
  /** What `headrace runs logs` prints. */
  logs(run: RunId, step: string | undefined, attempt: number | undefined): Promise<string>;
  /** Writes an artifact or model as `headrace artifacts get -o` does. Returns what it prints. */
  save(run: RunId, step: string | undefined, name: string, path: string): Promise<void>;
  start(request: CompiledRequest): Promise<RunId>;
  /** Resolves when the run has ended. */
  wait(run: RunId): Promise<void>;
  close(): Promise<void>;
}
