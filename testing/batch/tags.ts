/**
 * Tags of resources with an ARN. A child of an array has no tags.
 *
 * @module
 */

import { nameIn } from './arns.ts';
import type { BatchParts } from './batch.ts';
import { Refusal } from './errors.ts';
import { tagsSchema } from './shapes.ts';

export interface Tagged {
  tags: Record<string, string>;
}

export function taggedBy({ compute, definitions, jobs }: BatchParts, arn: string): Tagged {
  const kind = arn.split(':')[5]?.split('/')[0];
  const found = {
    'compute-environment': () => compute.environments.get(nameIn(arn)),
    'job-queue': () => compute.queues.get(nameIn(arn)),
    'job-definition': () => definitions.byArn(arn),
    job: () => jobs.byArn(arn),
  };
  const tagged = Object.entries(found).find(([name]) => name === kind)?.[1]();
  if (tagged === undefined || ('parent' in tagged && tagged.parent !== undefined))
    throw new Refusal(`Resource ${arn} not found`);
  return tagged;
}

export function tagResource(tagged: Tagged, body: unknown): void {
  const tags = typeof body === 'object' && body !== null && 'tags' in body ? body.tags : undefined;
  const parsed = tagsSchema.safeParse(tags);
  if (!parsed.success)
    throw new Refusal(`tags: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
  const merged = tagsSchema.safeParse({ ...tagged.tags, ...parsed.data });
  if (!merged.success) throw new Refusal('at most 50 tags');
  tagged.tags = merged.data;
}

export function untagResource(tagged: Tagged, keys: readonly string[]): void {
  tagged.tags = Object.fromEntries(
    Object.entries(tagged.tags).filter(([key]) => !keys.includes(key)),
  );
}
