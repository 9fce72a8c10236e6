/**
 * A Headrace on this machine until Ctrl-C: `npm run deploy:local`.
 *
 * Deploys the stack of `headrace.config.ts` to an emulator of AWS, with the bundles that `cdk
 * deploy` would upload. Steps run as processes, or with `--docker` in containers of the image built
 * from `runner/Dockerfile`. All data is deleted when it stops.
 *
 * @module
 */
import { Command } from 'commander';
import { z } from 'zod';
import config from '../../../headrace.config.ts';
import { startCloud } from './cloud.ts';
import { startContainers } from './containers.ts';

const program = new Command('deploy:local')
  .description('Headrace on this machine, in an emulator of AWS, until Ctrl-C.')
  .option(
    '--docker',
    'run steps in containers of a Docker engine (DOCKER_HOST, the usual socket, or one of its own); otherwise as processes',
  )
  .parse();
const { docker } = z.object({ docker: z.boolean().default(false) }).parse(program.opts());

/** Settings of this shell for steps that install packages: a container has no npm settings. */
const NPM_SETTINGS = ['npm_config_registry', 'npm_config_strict_ssl'];
const environment = Object.fromEntries(
  NPM_SETTINGS.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  ),
);

const containers = docker ? await startContainers() : undefined;
const cloud = await startCloud({
  config,
  ...(containers !== undefined && { executor: containers, environment }),
});
const stop = async () => {
  await cloud.stop();
  await containers?.stop();
};

console.log(`Headrace is at ${cloud.endpoint}
Steps run ${docker ? 'in containers' : 'as processes of this machine'}. In another shell:

${Object.entries(cloud.environment)
  .map(([name, value]) => `  export ${name}=${value}`)
  .join('\n')}
  npx headrace run examples/iris/pipeline.ts --mode remote --endpoint ${cloud.endpoint}

Ctrl-C stops it and deletes all data.`);

await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, resolve);
});
await stop();
