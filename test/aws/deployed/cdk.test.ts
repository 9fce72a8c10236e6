/**
 * The command `cdk` deploys the stack, updates it and destroys it.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap, byCommand } from './cdk.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type Deployer, resourcesOf } from './deploy.ts';
import { clientOf, pipelineFile, printed } from './remote.ts';

let cloud: Cloud;
let destroy: (() => Promise<void>) | undefined;

/** Bootstraps before the first deployment, and stores the function that destroys the stack. */
const deployer: Deployer = {
  async deploy(aws, assembly) {
    if (destroy === undefined) await bootstrap(aws);
    const outputs = await byCommand.deploy(aws, assembly);
    destroy = () => byCommand.destroy(aws, assembly);
    return outputs;
  },
  destroy: async () => destroy?.(),
};

beforeAll(async () => {
  cloud = await startCloud({ deployer });
}, 600_000);
afterAll(() => cloud?.stop(), 300_000);

const FILE = `
  import { component, pipeline } from 'headrace';
  const add = component({ returnValues: ['sum'] }, async function add(a: number, b: number) { return a + b; });
  export const main = pipeline({ name: 'adds', project: 'added', version: '1' }, async function main() { return await add(1, 2); });`;

const roles = async () =>
  [...(await resourcesOf(cloud.aws, cloud.prefix)).values()].flatMap(({ type, id }) =>
    type === 'AWS::IAM::Role' ? [id] : [],
  );
const functions = async () =>
  [...(await resourcesOf(cloud.aws, cloud.prefix)).values()].filter(
    ({ type }) => type === 'AWS::Lambda::Function',
  );

describe('the command cdk', () => {
  it('cdk bootstraps and deploys a stack on which pipelines run', {
    timeout: 300_000,
  }, async () => {
    const { run, stderr } = await printed(cloud, 'run', await pipelineFile(FILE));
    expect(run, stderr).toMatchObject({ status: 'completed', result: 3, number: 1 });
  });

  it('cdk deploys a changed configuration: new roles exist, functions and earlier runs remain', {
    timeout: 300_000,
  }, async () => {
    const region = cloud.aws.environment.AWS_REGION;
    const added = `${cloud.prefix}-step-${region}-added`;
    expect(await roles()).not.toContain(added);
    const before = await functions();
    await cloud.update({ projects: { added: {} } });
    expect(await roles()).toContain(added);
    expect(await functions()).toEqual(before);
    expect((await clientOf(cloud).runs({ pipeline: 'adds' })).items).toHaveLength(1);
    const { run, stderr } = await printed(cloud, 'run', await pipelineFile(FILE), '--no-cache');
    expect(run, stderr).toMatchObject({ status: 'completed', result: 3, number: 2 });
  });

  it('cdk destroy removes the functions', { timeout: 300_000 }, async () => {
    expect(await functions()).not.toEqual([]);
    await destroy?.();
    expect(await functions()).toEqual([]);
  });
});
