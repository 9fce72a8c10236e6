/**
 * The quotas of AWS that a deployment uses, and how much of each it needs. Pure: the values of an
 * account are read by `account.ts`.
 *
 * The codes are the same in all accounts and regions.
 *
 * @module
 */

export interface Quota {
  /** The service as Service Quotas names it, and the code of the quota. */
  readonly service: string;
  readonly code: string;
  readonly name: string;
}

export interface RequiredQuota {
  readonly quota: Quota;
  readonly needed: number;
  /** What the number consists of. */
  readonly basis: string;
  /** What happens when the quota is smaller. */
  readonly consequence: string;
  /** The smallest quota with which runs work at all. */
  readonly minimum: number;
  readonly unit: string;
}

/** What a compute environment of AWS Batch can grow to. */
export interface ComputeCapacity {
  readonly type: 'FARGATE' | 'FARGATE_SPOT' | 'EC2' | 'SPOT';
  readonly maxVcpus: number;
  /** Instance types and families; empty on Fargate. */
  readonly instanceTypes: readonly string[];
}

export interface DeploymentDemand {
  readonly controllerConcurrency: number;
  /** Steps that run at the same time in functions. */
  readonly functionSteps: number;
  readonly capacities: readonly ComputeCapacity[];
}

export const LAMBDA_CONCURRENCY: Quota = {
  service: 'lambda',
  code: 'L-B99A9384',
  name: 'Lambda concurrent executions',
};
export const VPCS: Quota = { service: 'vpc', code: 'L-F678F1CE', name: 'VPCs per region' };
export const BATCH_ENVIRONMENTS: Quota = {
  service: 'batch',
  code: 'L-144F0CA5',
  name: 'Batch compute environments',
};
export const BATCH_QUEUES: Quota = {
  service: 'batch',
  code: 'L-4CEA37AD',
  name: 'Batch job queues',
};

const FARGATE: Quota = {
  service: 'fargate',
  code: 'L-3032A538',
  name: 'Fargate on-demand vCPUs',
};
const FARGATE_SPOT: Quota = { service: 'fargate', code: 'L-36FBB829', name: 'Fargate Spot vCPUs' };

/** Families of EC2 by the letters before the generation; all others are standard. */
const EC2_FAMILIES: readonly {
  readonly letters: readonly string[];
  readonly name: string;
  readonly onDemand: string;
  readonly spot: string;
}[] = [
  { letters: ['g', 'gr', 'vt'], name: 'G and VT', onDemand: 'L-DB2E81BA', spot: 'L-3819A6DF' },
  { letters: ['p'], name: 'P', onDemand: 'L-417A185B', spot: 'L-7212CCBC' },
  { letters: ['f'], name: 'F', onDemand: 'L-74FC7D96', spot: 'L-88CF9481' },
  { letters: ['x'], name: 'X', onDemand: 'L-7295265B', spot: 'L-E3A00192' },
  { letters: ['inf'], name: 'Inf', onDemand: 'L-1945791B', spot: 'L-B5D1601B' },
  { letters: ['trn'], name: 'Trn', onDemand: 'L-2C3B7624', spot: 'L-5480EFD2' },
  { letters: ['dl'], name: 'DL', onDemand: 'L-6E869C2A', spot: 'L-85EED4F7' },
  { letters: [], name: 'standard', onDemand: 'L-1216C47A', spot: 'L-34B43A08' },
];

/**
 * A controller waits for its evaluator, so both have an execution; the third is for the router, the
 * API and functions of others.
 */
const EXECUTIONS_PER_CONTROLLER = 3;
/** One controller and its evaluator, the router, the API. */
const MIN_EXECUTIONS = 10;
/** The fewest that Lambda accepts for the event source of a queue. */
const MIN_CONTROLLERS = 2;

/** How many controllers an account's concurrency carries. */
export const controllersWithin = (concurrency: number): number =>
  Math.max(MIN_CONTROLLERS, Math.floor(concurrency / EXECUTIONS_PER_CONTROLLER));

export function requiredConcurrency({
  controllerConcurrency,
  functionSteps,
}: Omit<DeploymentDemand, 'capacities'>): RequiredQuota {
  const steps = functionSteps === 0 ? '' : `, and ${functionSteps} steps in functions`;
  return {
    quota: LAMBDA_CONCURRENCY,
    needed: EXECUTIONS_PER_CONTROLLER * controllerConcurrency + functionSteps,
    basis: `${EXECUTIONS_PER_CONTROLLER} for each of ${controllerConcurrency} controllers (controllerConcurrency)${steps}`,
    consequence: 'functions are throttled and runs move more slowly',
    minimum: MIN_EXECUTIONS,
    unit: '',
  };
}

/** The vCPU quotas of the queues, the sum of those that share one. */
export function requiredVcpus(capacities: readonly ComputeCapacity[]): readonly RequiredQuota[] {
  const sums = new Map<string, { readonly quota: Quota; readonly vcpus: number }>();
  for (const capacity of capacities)
    for (const quota of vcpuQuotasOf(capacity))
      sums.set(quota.code, {
        quota,
        vcpus: (sums.get(quota.code)?.vcpus ?? 0) + capacity.maxVcpus,
      });
  return [...sums.values()].map(({ quota, vcpus }) => ({
    quota,
    needed: vcpus,
    basis: 'the sum of maxVcpus of its queues',
    consequence: 'further steps wait in RUNNABLE, without an event or an error',
    minimum: 1,
    unit: ' vCPUs',
  }));
}

/** An environment whose instance types belong to several families counts for each of them. */
function vcpuQuotasOf({ type, instanceTypes }: ComputeCapacity): readonly Quota[] {
  if (type === 'FARGATE') return [FARGATE];
  if (type === 'FARGATE_SPOT') return [FARGATE_SPOT];
  const quotas = new Map<string, Quota>();
  for (const instanceType of instanceTypes) {
    const letters = /^([a-z]+)\d/.exec(instanceType)?.[1] ?? '';
    const family =
      EC2_FAMILIES.find((each) => each.letters.includes(letters)) ?? EC2_FAMILIES.at(-1);
    if (family === undefined) continue;
    const code = type === 'SPOT' ? family.spot : family.onDemand;
    const market = type === 'SPOT' ? 'Spot' : 'on-demand';
    quotas.set(code, { service: 'ec2', code, name: `EC2 ${market} vCPUs, ${family.name}` });
  }
  return [...quotas.values()];
}
