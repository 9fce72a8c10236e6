/**
 * The tables of a deployment: key schemas, indexes and time-to-live. The stack creates the tables
 * from here, and the ports on DynamoDB rely on it.
 *
 * Both tables are on demand, with point-in-time recovery and no local index. The indexes are
 * sparse: only items with both key attributes of an index are in it. DynamoDB creates or deletes one
 * index of a table in an update: a release may add one index to an existing table, not two.
 *
 * @module
 */

/** All key attributes are of type S. */
export interface TableSchema {
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Seconds since the epoch. */
  readonly timeToLive: string;
  readonly indexes: readonly IndexSchema[];
}

/** A global secondary index. `attributes` are projected in addition to the keys (INCLUDE). */
export interface IndexSchema {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly attributes: readonly string[];
}

/**
 * Runs. The indexes hold all runs, the runs of a project, and the runs that have not ended, each in
 * the order of their ids.
 */
export const TASKS_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  indexes: [
    {
      name: 'runs',
      partitionKey: 'kind',
      sortKey: 'run',
      attributes: ['project', 'pipeline', 'status'],
    },
    {
      name: 'projectRuns',
      partitionKey: 'project',
      sortKey: 'run',
      attributes: ['pipeline', 'status'],
    },
    {
      name: 'liveRuns',
      partitionKey: 'live',
      sortKey: 'run',
      attributes: ['project', 'pipeline', 'status'],
    },
  ],
} as const satisfies TableSchema;

/**
 * Cache entries. The indexes hold all entries and the entries of a project, in the order of their
 * creation.
 */
export const CACHE_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  indexes: [
    { name: 'entries', partitionKey: 'kind', sortKey: 'created', attributes: ['component'] },
    {
      name: 'projectEntries',
      partitionKey: 'project',
      sortKey: 'created',
      attributes: ['component'],
    },
  ],
} as const satisfies TableSchema;

interface TableDefinition {
  readonly name: string;
  /** The id of its construct in the stack: CloudFormation replaces a table whose id changes. */
  readonly constructId: string;
  /** The setting that holds the name of the table. */
  readonly setting: string;
  readonly schema: TableSchema;
}

/** All tables of a deployment: the stack and test deployments create them from here. */
export const TABLES = [
  { name: 'tasks', constructId: 'Tasks', setting: 'tasksTable', schema: TASKS_TABLE },
  { name: 'cache', constructId: 'Cache', setting: 'cacheTable', schema: CACHE_TABLE },
] as const satisfies readonly TableDefinition[];

export type DeploymentTable = (typeof TABLES)[number];
export type TableName = DeploymentTable['name'];
/** The name of a setting that holds the name of a table. */
export type TableSetting = DeploymentTable['setting'];

/** One value for each table. */
export function forEachTable<Value>(
  toValue: (table: DeploymentTable) => Value,
): Readonly<Record<TableName, Value>>;
export function forEachTable(toValue: (table: DeploymentTable) => unknown) {
  return Object.fromEntries(TABLES.map((table) => [table.name, toValue(table)]));
}

/** One value for each setting of the tables. */
export function tableSettings<Value>(
  toValue: (table: TableName) => Value,
): Readonly<Record<TableSetting, Value>>;
export function tableSettings(toValue: (table: TableName) => unknown) {
  return Object.fromEntries(TABLES.map(({ name, setting }) => [setting, toValue(name)]));
}
