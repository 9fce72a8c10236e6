/**
 * What a step's container is made of, in a deployed stack: the step image, an image of a user's
 * with the runner put into it, a setup script, packages, a secret. In real containers where a
 * Docker engine can be had; else as processes of this machine, and the first test says so.
 *
 * @module
 */
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoDockerError } from '../docker/engine.ts';
import { USER_IMAGE } from '../docker/images.ts';
import { clientOptions } from '../harness/connection.ts';
import { PUBLISHED, type Registry, startRegistry } from '../runner/registry.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { type Containers, startContainers } from './containers.ts';
import { jobsOf } from './jobs.ts';
import { headrace, pipelineFile, printed } from './remote.ts';

const containers: Containers | NoDockerError = await startContainers().catch((error: unknown) => {
  if (error instanceof NoDockerError) return error;
  throw error;
});
const inContainers = !(containers instanceof NoDockerError);

let cloud: Cloud;
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry(PUBLISHED);
  const config = { projects: { containers: { secrets: ['team/database'] } } };
  cloud = await startCloud({
    config,
    environment: registry.variables,
    ...(inContainers && { executor: containers }),
  });
  const secrets = new SecretsManagerClient(clientOptions(cloud.aws));
  await secrets.send(
    new CreateSecretCommand({
      Name: 'team/database',
      SecretString: JSON.stringify({ password: 'of the team' }),
    }),
  );
});
afterAll(async () => {
  await cloud?.stop();
  await registry?.stop();
  if (inContainers) await containers.stop();
});

it(
  inContainers
    ? 'steps run in containers of a Docker engine'
    : `steps run as processes: ${containers.message}`,
  () => {
    if (process.env.HEADRACE_DOCKER === 'required') expect(inContainers).toBe(true);
  },
);

/** The newest of each, as a project would have them. */
const INSTALLED = PUBLISHED.filter(
  ({ name, version }) => version === PUBLISHED.findLast((each) => each.name === name)?.version,
);

const pipelineOf = (options: string, body: string) =>
  pipelineFile(
    `
    import { component, pipeline } from 'headrace';
    const look = component({ returnValues: ['seen'], ${options} }, async function look() { ${body} });
    export const main = pipeline({ name: 'look', project: 'containers', version: '1' }, async function main() { return await look(); });`,
    INSTALLED,
  );

describe('a step in a deployed stack', { timeout: 300_000 }, () => {
  it('finds the packages that it names, in exactly their versions', async () => {
    const file = await pipelineOf(
      "packages: ['counting@1.0.0', 'adding@2.0.0']",
      "const { add } = await import('adding'); return add(40, 2);",
    );
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: [42, '1.0.0'] });
  });

  it('has a secret of its project as a variable, which no job tells of', async () => {
    const file = await pipelineOf(
      "secrets: { PASSWORD: 'team/database:password' }",
      'return (process.env.PASSWORD ?? "").length;',
    );
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: 'of the team'.length });
    expect(JSON.stringify(await jobsOf(cloud, run.id))).not.toContain('of the team');
  });

  it("runs in a user's image, with the runner from ours, after its setup script", async () => {
    const options = `docker: '${USER_IMAGE}', dockerBashSetupScript: 'export MADE=here', packages: ['counting@1.2.0']`;
    const file = await pipelineOf(
      options,
      "const { version } = await import('counting'); return [process.env.MADE, process.env.FROM_IMAGE ?? 'no', version];",
    );
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({
      status: 'completed',
      result: ['here', inContainers ? 'yes' : 'no', '1.2.0'],
    });
    const [job] = await jobsOf(cloud, run.id);
    expect(
      job?.ecsProperties?.taskProperties?.[0]?.containers?.map(({ name, image }) => [
        name,
        image === USER_IMAGE,
      ]),
    ).toEqual([
      ['runner', false],
      ['step', true],
    ]);
  });

  it('says which part of its environment could not be made', async () => {
    const { code, run } = await printed(
      cloud,
      'run',
      await pipelineOf("packages: ['counting@9.9.9']", 'return 1;'),
    );
    expect(code).not.toBe(0);
    expect(run.error?.message).toMatch(/packages: .*counting/s);
  });

  it('is refused at submit when Batch cannot express its dockerArgs', async () => {
    const { code, stderr } = await headrace(
      cloud,
      'run',
      await pipelineOf("dockerArgs: '--hostname elsewhere'", 'return 1;'),
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--hostname');
  });
});
