/**
 * What the methods of the client take as filters and options.
 *
 * @module
 */

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface LogQuery extends PageQuery {
  readonly attempt?: number | undefined;
  readonly from?: 'start' | 'end' | undefined;
  readonly direction?: 'forward' | 'backward' | undefined;
  readonly search?: string | undefined;
}

export interface RunFilter extends PageQuery {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  /** One of these. */
  readonly status?: string | readonly string[] | undefined;
  /** All of these. */
  readonly tag?: string | readonly string[] | undefined;
  /** `createdBy`, or its short name. */
  readonly by?: string | undefined;
  /** Creation, ISO 8601: at this time or later. */
  readonly from?: string | undefined;
  /** Creation, ISO 8601: before this time. */
  readonly to?: string | undefined;
  /** A part of the name of the pipeline. */
  readonly name?: string | undefined;
  /** Words in the label, tags, note and creator. */
  readonly q?: string | undefined;
  /** Default: exclude. */
  readonly archived?: 'exclude' | 'include' | 'only' | undefined;
  /** Default: newest first. */
  readonly sort?: 'newest' | 'oldest' | undefined;
  /** The id of a run: only its child runs. */
  readonly parent?: string | undefined;
  /** The number of a run of `pipeline` in `project`. */
  readonly number?: number | undefined;
  /** The start of an id. */
  readonly id?: string | undefined;
}

export interface CacheFilter {
  readonly project?: string | undefined;
  readonly component?: string | undefined;
  readonly key?: string | undefined;
}

export interface CreateOptions {
  /**
   * Requests with the same key create one thing, however often they are sent. Default: a new key
   * for this call.
   */
  readonly idempotencyKey?: string;
}

/** A registered model. */
export interface ModelQuery {
  readonly project: string;
  readonly name: string;
}

export interface NameFilter {
  readonly name?: string;
}
