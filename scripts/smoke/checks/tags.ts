import { type Check, mustHold } from '../check.ts';

/** API Gateway has a new one for each change of its API. */
const DEPLOYMENT = 'AWS::ApiGateway::Deployment';

/** CloudFormation replaces some resources of AWS Batch when their tags change. */
export const tags: Check = {
  name: 'tags',
  claim: 'changed tags update the stack in place',
  needs: [],
  dollars: 0,
  async run(site) {
    const before = await site.resources();
    await site.deploy({ ...site.config, tags: { ...site.config.tags, changed: 'yes' } });
    const after = await site.resources();
    const replaced = [...before].filter(
      ([id, { type, id: physical }]) => type !== DEPLOYMENT && after.get(id)?.id !== physical,
    );
    mustHold(
      replaced.length === 0,
      `replaced: ${replaced.map(([id, { type }]) => `${type} ${id}`).join(', ')}`,
    );
    const batch = [...after.values()].filter(({ type }) => type.startsWith('AWS::Batch::')).length;
    return [
      `${after.size} resources have the same physical ids as before, ${batch} of them of AWS Batch`,
    ];
  },
};
