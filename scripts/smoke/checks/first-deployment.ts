import { type Check, mustHold } from '../check.ts';

/** Data of a failed deployment must not stand in the way of the next one. */
export const firstDeployment: Check = {
  name: 'first-deployment',
  claim: 'a first deployment that failed can be repeated',
  needs: ['rollback'],
  dollars: 0.02,
  async run(site) {
    const startedAt = Date.now();
    const failure = await site.deployBroken(site.config);
    mustHold(
      /WaitCondition|SmokeFailure/.test(failure),
      `it failed for another reason: ${failure}`,
    );
    const endpoint = await site.deploy(site.config);
    mustHold(endpoint !== '', 'the stack has no output Endpoint');
    return [
      `failed on purpose: ${failure.replaceAll(/\s+/g, ' ').slice(0, 160)}`,
      `then deployed: ${endpoint}, ${(await site.resources()).size} resources, ${Math.round((Date.now() - startedAt) / 1000)} s for both`,
    ];
  },
};
