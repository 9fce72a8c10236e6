/**
 * Compares the configuration with the quotas of the account that it will be deployed to, and
 * reports what a new account must request first. The CDK app calls it whenever `cdk` found
 * credentials, so that every `cdk deploy` prints the report.
 *
 * 1. It never stops a synthesis: without credentials nothing is read, and a quota that cannot be
 *    read is reported.
 * 2. Without a value in the configuration, `controllerConcurrency` follows the account's limit.
 *
 * @module
 */
import { type Configuration, type HeadraceConfig, readConfig } from '../lib/config.ts';
import {
  type Read,
  readConcurrency,
  readIdentity,
  readQuota,
  readVpcs,
} from '../src/cli/doctor/account.ts';
import type { Finding } from '../src/cli/doctor/finding.ts';
import { quotaFinding, vpcFinding } from '../src/cli/doctor/quota-findings.ts';
import {
  type ComputeCapacity,
  controllersWithin,
  requiredConcurrency,
  requiredVcpus,
  VPCS,
} from '../src/cli/doctor/quotas.ts';
import { createAwsRequests, type SendAwsRequest } from '../src/client/aws-requests.ts';

/** A deployment waits no longer than this for one answer. */
const TIMEOUT_MS = 3000;

export interface AccountCheck {
  /** The configuration with which to synthesize. */
  readonly config: HeadraceConfig;
  /** The report, as lines; empty if all quotas suffice. */
  readonly report: readonly string[];
}

/** @param environment that `cdk` sets for its app: the account and region of its credentials */
export async function checkAccount(
  config: HeadraceConfig,
  environment: NodeJS.ProcessEnv = process.env,
  timeoutMs: number = TIMEOUT_MS,
): Promise<AccountCheck> {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = environment;
  if (!account || !region) return { config, report: [] };
  const send = createAwsRequests({ region, timeoutMs, environment });
  const identity = await readIdentity(send);
  if (!identity.known || identity.value.account !== account)
    return {
      config,
      report: [
        `quotas of account ${account} are not checked: ${identity.known ? `the environment has credentials of ${identity.value.account}` : identity.reason}; set AWS_PROFILE instead of --profile, or run \`headrace doctor\` after the deployment`,
      ],
    };
  const concurrency = await readConcurrency(send);
  const sized = withConcurrency(config, concurrency);
  const findings = await findingsOf(readConfig(sized), concurrency, send, region);
  return {
    config: sized,
    report: [
      ...(sized === config
        ? []
        : [
            `controllerConcurrency is ${sized.controllerConcurrency}: the account has ${concurrency.known ? concurrency.value : ''} concurrent executions of Lambda`,
          ]),
      ...findings.flatMap(linesOf),
    ],
  };
}

/** Sets the controllers' concurrency if the account cannot run the default number. */
function withConcurrency(config: HeadraceConfig, concurrency: Read<number>): HeadraceConfig {
  if (config.controllerConcurrency !== undefined || !concurrency.known) return config;
  const possible = controllersWithin(concurrency.value);
  return possible < readConfig(config).controllerConcurrency
    ? { ...config, controllerConcurrency: possible }
    : config;
}

async function findingsOf(
  config: Configuration,
  concurrency: Read<number>,
  send: SendAwsRequest,
  region: string,
): Promise<readonly Finding[]> {
  const location = { region };
  const { controllerConcurrency, network, prefix } = config;
  const vcpus = Promise.all(
    requiredVcpus(capacitiesOf(config)).map(async (required) =>
      quotaFinding(required, await readQuota(send, required.quota), location),
    ),
  );
  const vpcs =
    network.type === 'own'
      ? [vpcFinding(await readVpcs(send, prefix), await readQuota(send, VPCS), location)]
      : [];
  const demand = requiredConcurrency({ controllerConcurrency, functionSteps: 0 });
  return [quotaFinding(demand, concurrency, location), ...(await vcpus), ...vpcs];
}

const capacitiesOf = ({ queues }: Configuration): readonly ComputeCapacity[] =>
  Object.values(queues).flatMap((queue): readonly ComputeCapacity[] => {
    if (queue.type === 'fargate')
      return [
        {
          type: queue.spot ? 'FARGATE_SPOT' : 'FARGATE',
          maxVcpus: queue.maxVcpus,
          instanceTypes: [],
        },
      ];
    if (queue.type === 'ec2')
      return [
        {
          type: queue.spot ? 'SPOT' : 'EC2',
          maxVcpus: queue.maxVcpus,
          instanceTypes: queue.instanceTypes,
        },
      ];
    return [];
  });

const linesOf = ({ subject, status, advice = [] }: Finding): readonly string[] =>
  status === 'ok'
    ? []
    : [
        `${status === 'fail' ? 'error' : 'warning'}: ${subject}`,
        ...advice.map((line) => `  ${line}`),
      ];
