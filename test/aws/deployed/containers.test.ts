/**
 * The containers of steps in a deployed stack: the step image, a user's image with the runner, a
 * setup script, packages, a secret. The steps run in real containers if a Docker engine is
 * available, otherwise as processes of this machine; the title of the first test states which.
 *
 * @module
 */
import { dirname } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoDockerError } from '../docker/engine.ts';
import { USER_IMAGE } from '../docker/images.ts';
import { clientOptions } from '../harness/connection.ts';
import { PUBLISHED, type Registry, startRegistry } from '../runner/registry.ts';
import { servedCheckout } from '../runner/served-checkout.ts';
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

/** The newest version of each package, as a project would install them. */
const INSTALLED = PUBLISHED.filter(
  ({ name, version }) => version === PUBLISHED.findLast((each) => each.name === name)?.version,
);

const pipelineOf = (options: string, body: string) =>
  pipelineFile(
    `
    import { component, pipeline } from 'headrace';
    const inspect = component({ returnValues: ['seen'], ${options} }, async function inspect() { ${body} });
    export const main = pipeline({ name: 'inspect', project: 'containers', version: '1' }, async function main() { return await inspect(); });`,
    INSTALLED,
  );

describe('a step in a deployed stack', { timeout: 300_000 }, () => {
  it('a step imports its packages in exactly the requested versions', async () => {
    const file = await pipelineOf(
      "packages: ['counting@1.0.0', 'adding@2.0.0']",
      "const { add } = await import('adding'); return add(40, 2);",
    );
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: [42, '1.0.0'] });
  });

  it('a step has a secret of its project as a variable, and no job description contains it', async () => {
    const file = await pipelineOf(
      "secrets: { PASSWORD: 'team/database:password' }",
      'return (process.env.PASSWORD ?? "").length;',
    );
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: 'of the team'.length });
    expect(JSON.stringify(await jobsOf(cloud, run.id))).not.toContain('of the team');
  });

  it("a step runs in a user's image, with the runner of the step image, after its setup script", async () => {
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

  it('a step runs in a local checkout at its commit, with the uncommitted changes that travel with the run', async () => {
    const file = await pipelineOf(
      "repo: './checkout'",
      "const { readFileSync } = await import('node:fs'); return ['data.txt', 'new.txt'].map((name) => readFileSync(name, 'utf8'));",
    );
    const url = await servedCheckout(dirname(file));
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: ['changed', 'new'] });
    expect(stderr).toContain(`repo "./checkout" is ${url} at `);
    expect(stderr).toContain('with uncommitted changes of 2 files');
    expect(run.steps.map(({ options }) => options)).toMatchObject([
      { repo: url, repoPatch: { files: 2 } },
    ]);
  });

  it('a step whose packages cannot be installed fails with that reason', async () => {
    const { code, run } = await printed(
      cloud,
      'run',
      await pipelineOf("packages: ['counting@9.9.9']", 'return 1;'),
    );
    expect(code).not.toBe(0);
    expect(run.error?.message).toMatch(/packages: .*counting/s);
  });

  it('a step whose dockerArgs Batch cannot express is refused at submit', async () => {
    const { code, stderr } = await headrace(
      cloud,
      'run',
      await pipelineOf("dockerArgs: '--hostname elsewhere'", 'return 1;'),
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--hostname');
  });
});
