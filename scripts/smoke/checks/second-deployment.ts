import { type Check, mustHold } from '../check.ts';
import { step } from './steps.ts';

/** The data of the first stack remains, with its names. */
export const secondDeployment: Check = {
  name: 'second-deployment',
  claim: 'a destroyed stack can be deployed again, and runs steps',
  needs: [],
  dollars: 0.02,
  async run(site, signal) {
    const before = site.endpoint();
    await site.destroy();
    const { size } = await site.resources();
    mustHold(size === 0, `${size} resources remain in the stack`);
    const endpoint = await site.deploy(site.config);
    mustHold(endpoint !== before, 'the API is still the first one');
    return [`destroyed ${before}`, `deployed ${endpoint}`, ...(await step.run(site, signal))];
  },
};
