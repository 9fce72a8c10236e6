/**
 * The place where the smoke test deploys: an AWS account, or the emulators of the test suites.
 *
 * @module
 */
import type { HeadraceConfig } from '../../lib/config.ts';

/** What a place can do. An emulator lacks some, and a new account others. */
export type Need =
  | 'rollback'
  | 'batch'
  | 'images'
  | 'machines'
  | 'gpus'
  | 'capacity'
  | 'alarm actions'
  | 'response limits'
  | 'functions as queues';

export interface Site {
  /** For people: `account 123456789012 in eu-west-1`. */
  readonly description: string;
  /** The prefix of the deployment and the name of its stack. Nothing else is changed. */
  readonly prefix: string;
  readonly region: string;
  /** The configuration of the first deployment. */
  readonly config: HeadraceConfig;
  /** Environment variables of programs that use the place: region, credentials, endpoints. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why the place cannot do it; undefined if it can. */
  lacks(need: Need): string | undefined;
  /** Deploys a stack that fails after its data exists. @returns the failures that it reported */
  deployBroken(config: HeadraceConfig): Promise<string>;
  /** Creates the stack, or updates it. @returns the endpoint of the API */
  deploy(config: HeadraceConfig): Promise<string>;
  /** The stack's resources by their ids in the template. Empty without a stack. */
  resources(): Promise<ReadonlyMap<string, { readonly type: string; readonly id: string }>>;
  /** The endpoint of the last deployment. */
  endpoint(): string;
  destroy(): Promise<void>;
  /** What exists under the prefix: the stack, and the data that outlives it. */
  leftovers(): Promise<readonly Leftover[]>;
  /** Options of an SDK client. */
  client(service?: 'batch'): SiteClient;
  /** Removes what belongs to the place itself, such as an emulator. */
  close(): Promise<void>;
  /** How a person removes everything, as command lines. */
  readonly manualRemoval: readonly string[];
}

/** Something that outlives the stack. */
export interface Leftover {
  /** As in `table smoke-1a2b-…`. */
  readonly name: string;
  remove(): Promise<void>;
}

export interface SiteClient {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The smoke test changes and removes only what starts with this. */
export const PREFIX_START = 'smoke';

/** The queues of the deployment. Each costs nothing while it is empty. */
export const SMOKE_CONFIG: HeadraceConfig = {
  queues: {
    default: { type: 'fargate', maxVcpus: 16 },
    spot: { type: 'fargate', spot: true, maxVcpus: 64 },
    machines: { type: 'ec2', instanceTypes: ['c7i.large', 'm7i.large'], maxVcpus: 8 },
    gpus: { type: 'ec2', instanceTypes: ['g4dn.xlarge', 'g5.xlarge'], gpu: true, maxVcpus: 4 },
  },
  // Steps of 0.25 vCPU are the cheapest that Fargate provides.
  resources: { vcpus: 0.25, memoryMiB: 512 },
  // Alarms have a topic; this address of Amazon accepts everything and tells no one.
  alarms: { email: 'success@simulator.amazonses.com' },
  // The data outlives the stack, as by default: a destroyed stack must be deployable again.
  retention: { runDays: 1, logDays: 1 },
  tags: { purpose: 'headrace-smoke' },
};
