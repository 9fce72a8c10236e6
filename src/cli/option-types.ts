/**
 * The values of options, as Commander parses them. Types of options that one file alone uses are
 * declared there.
 *
 * @module
 */
import type { ConnectionOptions } from '../launch/remote/connection.ts';

export interface HomeOption {
  readonly home?: string;
}

export interface JsonOption {
  readonly json?: boolean;
}

export interface FollowOption {
  readonly follow?: boolean;
}

interface QueueConcurrencyOption {
  readonly queueConcurrency: Readonly<Record<string, number>>;
}

export interface ContainersOption {
  readonly containers?: true;
}

/** Options that choose where a command reads and changes runs: see `isRemote`. */
export interface TargetOptions extends ConnectionOptions {
  readonly mode?: string | undefined;
}

export interface RunCommandOptions
  extends TargetOptions,
    JsonOption,
    FollowOption,
    QueueConcurrencyOption,
    ContainersOption {
  readonly pipeline?: string;
  readonly arg: readonly string[];
  readonly mode?: 'local' | 'debug' | 'remote';
  readonly signal: readonly string[];
  /** False with `--no-cache`. */
  readonly cache: boolean;
  readonly tag: readonly string[];
}

export interface StartCommandOptions
  extends TargetOptions,
    JsonOption,
    FollowOption,
    QueueConcurrencyOption,
    ContainersOption {
  readonly arg: readonly string[];
  readonly tag: readonly string[];
  readonly fromRun?: string;
  readonly interactive?: boolean;
  /** False with `--no-cache`. */
  readonly cache: boolean;
}

export interface ListCommandOptions extends TargetOptions, JsonOption {
  readonly project?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly tag?: string;
  readonly by?: string;
  /** Milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly search?: string;
  readonly archived?: boolean;
  /** A run, as in `iris#7`. */
  readonly parent?: string;
  readonly limit: number;
}

export interface RemoveCommandOptions extends TargetOptions, JsonOption {
  readonly project?: string;
  readonly pipeline?: string;
  readonly status?: string;
  readonly tag?: string;
  /** A duration, as in `30d`. */
  readonly olderThan?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export interface ExportCommandOptions extends TargetOptions {
  /** A folder, a file whose name ends with `.json`, or `-` for stdout. */
  readonly output?: string;
  /** Without the option: false. */
  readonly artifacts?: boolean;
}

export interface WatchCommandOptions extends TargetOptions, JsonOption, FollowOption {}

export interface LogsCommandOptions extends TargetOptions, JsonOption, FollowOption {
  readonly step?: string;
  readonly attempt?: number;
  readonly tail?: number;
  readonly search?: string;
}

export interface MetricsCommandOptions extends TargetOptions, JsonOption {
  readonly step?: string;
  /** `title/series` or a title. */
  readonly metric?: string;
  /** A metric by whose best value the steps are ordered. */
  readonly sort?: string;
  readonly by: 'min' | 'max' | 'last';
  readonly plot?: boolean;
  readonly csv?: boolean;
}

export interface PlotsCommandOptions extends TargetOptions, JsonOption {
  readonly step?: string;
  /** `title/series` or a title. */
  readonly plot?: string;
  readonly attempt?: number;
  readonly all?: boolean;
  readonly output?: string;
}

export interface AbortCommandOptions extends TargetOptions {
  readonly reason: string;
}

export interface SignalCommandOptions extends TargetOptions {
  readonly key?: string;
}

export interface ResumeCommandOptions
  extends TargetOptions,
    JsonOption,
    FollowOption,
    QueueConcurrencyOption,
    ContainersOption {
  readonly file?: string;
}

export interface RerunCommandOptions extends ResumeCommandOptions {
  readonly from?: string;
  readonly arg: readonly string[];
  readonly tag: readonly string[];
  /** False with `--no-cache`. */
  readonly cache: boolean;
}

export interface GetArtifactOptions extends TargetOptions {
  readonly output?: string;
}

export interface ModelOptions extends TargetOptions {
  readonly project?: string;
}

export interface ListModelsOptions extends ModelOptions, JsonOption {}

export interface GetModelOptions extends ModelOptions {
  readonly output?: string;
}

export interface TagModelOptions extends ModelOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface PublishOptions extends ModelOptions, JsonOption {
  readonly name?: string;
  readonly step?: string;
  readonly tag: readonly string[];
}

export interface AddScheduleOptions extends TargetOptions, JsonOption {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly every?: string;
  readonly after?: string;
  readonly onObject?: string;
  readonly status?: 'completed' | 'failed' | 'aborted';
  readonly arg: readonly string[];
  readonly tag: readonly string[];
  readonly missed?: 'skip' | 'once';
  readonly paused?: boolean;
  readonly replace?: boolean;
}

export interface ApplySchedulesOptions extends TargetOptions, JsonOption {
  readonly pipeline?: string;
}

export interface RunScheduleOptions extends Omit<StartCommandOptions, 'fromRun' | 'interactive'> {
  readonly project?: string;
  /** The address of the object that the run is about. */
  readonly object?: string;
}

export interface TestNotificationOptions extends TargetOptions, JsonOption {
  readonly samples?: boolean;
  readonly awsProfile?: string;
}

export interface AddNotificationOptions extends HomeOption {
  readonly on: readonly string[];
  readonly format?: string;
  readonly project?: string;
  readonly pipeline?: string;
  readonly tag?: string;
}

export interface CacheCommandOptions extends TargetOptions, JsonOption {
  readonly project?: string;
  readonly component?: string;
  readonly key?: string;
}

export interface BundleCommandOptions extends JsonOption {
  readonly pipeline?: string;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly allowHost: readonly string[];
}

export interface DevCommandOptions
  extends HomeOption,
    ListenOptions,
    QueueConcurrencyOption,
    ContainersOption {
  readonly open?: true;
  /** False with `--no-console`. */
  readonly console: boolean;
}

export interface ConsoleCommandOptions extends ConnectionOptions, ListenOptions {
  readonly readOnly?: true;
  readonly open?: true;
}

export interface OpenCommandOptions extends TargetOptions {
  /** False with `--no-browser`. */
  readonly browser: boolean;
}

export interface AddProfileOptions {
  readonly endpoint: string;
  readonly auth: 'aws' | 'token';
  readonly region?: string;
  readonly awsProfile?: string;
  readonly tokenFile?: string;
  readonly allowHttp?: true;
}

export interface DoctorCommandOptions extends TargetOptions, JsonOption {
  readonly awsProfile?: string;
}

export interface DiskCommandOptions extends JsonOption {
  readonly home?: string;
}

export interface GcCommandOptions extends DiskCommandOptions {
  /** A duration, as in `30d`. */
  readonly olderThan: string;
  readonly dryRun?: boolean;
}

export interface InitCommandOptions extends JsonOption {
  readonly overwrite: readonly string[];
}
