/**
 * The entries of the option `schedules`.
 *
 * @module
 */

/**
 * When runs of the pipeline start without a request. It has one of `cron`, `every`, `after` and
 * `object`.
 */
export interface DeclaredSchedule {
  readonly name: string;
  /** Five fields, as in `0 3 * * 1-5`, at local times of `timeZone` (default: UTC). */
  readonly cron?: string | undefined;
  readonly timeZone?: string | undefined;
  /** `15m`, `6h` or `1d` */
  readonly every?: string | undefined;
  /** After runs of another pipeline. Default: of this project, that have completed. */
  readonly after?:
    | {
        readonly pipeline: string;
        readonly project?: string | undefined;
        readonly status?: 'completed' | 'failed' | 'aborted' | undefined;
      }
    | undefined;
  /** For new objects of a bucket in a deployment, or new files of a folder with `headrace dev`. */
  readonly object?:
    | {
        readonly bucket?: string | undefined;
        /** An absolute path. */
        readonly folder?: string | undefined;
        readonly prefix?: string | undefined;
        readonly suffix?: string | undefined;
      }
    | undefined;
  /** The version that runs. Default: the highest one at each firing. */
  readonly version?: string | undefined;
  /** By parameter name. Texts may contain `{{due}}`, `{{run}}` or `{{object}}`. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly paused?: boolean | undefined;
  /** With `once`, the last missed firing starts a run. Default: `skip`. */
  readonly missed?: 'skip' | 'once' | undefined;
}
