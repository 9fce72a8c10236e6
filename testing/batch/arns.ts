/**
 * The ARNs of the emulated resources.
 *
 * @module
 */
export interface ArnScope {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

type Kind = 'compute-environment' | 'job-queue' | 'job-definition' | 'job';

export const arnOf = ({ partition, region, account }: ArnScope, kind: Kind, name: string): string =>
  `arn:${partition}:batch:${region}:${account}:${kind}/${name}`;

/** The name in an ARN, or the text itself if it is a name. */
export const nameIn = (nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn.slice(nameOrArn.indexOf('/') + 1) : nameOrArn;

export const ecsArn = (
  { partition, region, account }: ArnScope,
  kind: 'task' | 'container-instance',
  cluster: string,
  id: string,
): string => `arn:${partition}:ecs:${region}:${account}:${kind}/${cluster}/${id}`;
