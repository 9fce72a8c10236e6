/**
 * Every attempt that a caller can make in the account of a deployment.
 *
 * @module
 */
import type { Names } from './attempt.ts';
import {
  objectAttempts,
  queueAttempts,
  secretAttempts,
  tableAttempts,
} from './attempts-on-data.ts';
import { jobAttempts, serviceAttempts } from './attempts-on-services.ts';
import type { RoleCloud } from './cloud.ts';

export function attemptsIn({ stack, gateway, cloud }: RoleCloud) {
  const { account, region } = cloud;
  const nameOf = (id: string): string =>
    stack.resources.find((resource) => resource.id.startsWith(`Headrace${id}`))?.name ?? id;
  const names: Names = {
    nameOf,
    queueUrl: (id) => `${gateway}/${account}/${nameOf(id)}`,
    arn: (service, resource) => `arn:aws:${service}:${region}:${account}:${resource}`,
  };
  return {
    ...objectAttempts(names),
    ...tableAttempts(names),
    ...queueAttempts(names),
    ...secretAttempts(names),
    ...jobAttempts(names),
    ...serviceAttempts(names),
  };
}

export type Attempts = ReturnType<typeof attemptsIn>;
