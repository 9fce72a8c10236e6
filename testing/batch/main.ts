/**
 * The emulator's command line: `npm run batch-emulator -- --port 4570 --docker`.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { cloudWatchSink, secretsManagerReader } from './aws.ts';
import { dockerExecutor, startBatchEmulator, subprocessExecutor } from './index.ts';

const wholeNumber = (text: string): number => {
  if (!/^\d+$/u.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};
const variable = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must have the form NAME=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

const program = new Command('batch-emulator')
  .description(
    "An AWS Batch emulator for tests: it implements Batch's REST protocol for the AWS SDK, and runs the jobs on this machine.",
  )
  .option('--port <port>', 'port to listen on', wholeNumber, 4570)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--region <region>', 'region of its ARNs', 'us-east-1')
  .option('--account <id>', 'account of its ARNs', '000000000000')
  .option(
    '--docker',
    'run containers with the Docker engine at DOCKER_HOST; otherwise processes of this machine',
  )
  .option('--network <name>', 'network of the containers', 'host')
  .option(
    '--images <file>',
    'JSON by image: with --docker the name of the image to use, otherwise {"entrypoint","command","environment","cwd","folders"}',
  )
  .option(
    '--events <url>',
    'URL that receives every job state change as JSON by POST, such as the Invoke URL of a function',
  )
  .option(
    '--aws <url>',
    'endpoint of other emulated services: AWS_ENDPOINT_URL of the containers, CloudWatch Logs for the logs, Secrets Manager for the secrets',
  )
  .option('--env <name=value>', 'variable of every container; repeatable', variable)
  .option('--max-running <jobs>', 'maximum number of running jobs over all queues', wholeNumber)
  .option('--stop-grace <seconds>', 'time from SIGTERM to SIGKILL', wholeNumber, 30)
  .parse();

const optionsSchema = z.object({
  port: z.number(),
  host: z.string(),
  region: z.string(),
  account: z.string(),
  docker: z.boolean().default(false),
  network: z.string(),
  images: z.string().optional(),
  events: z.string().optional(),
  aws: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  maxRunning: z.number().optional(),
  stopGrace: z.number(),
});
const options = optionsSchema.parse(program.opts());
const { aws, region } = options;

const localImagesSchema = z.record(
  z.string(),
  z.strictObject({
    entrypoint: z.array(z.string()).exactOptional(),
    command: z.array(z.string()).exactOptional(),
    environment: z.record(z.string(), z.string()).exactOptional(),
    cwd: z.string().exactOptional(),
    folders: z.record(z.string(), z.string()).exactOptional(),
  }),
);
const images: unknown =
  options.images === undefined ? {} : JSON.parse(readFileSync(options.images, 'utf8'));
const executor = options.docker
  ? dockerExecutor({
      network: options.network,
      images: z.record(z.string(), z.string()).parse(images),
    })
  : subprocessExecutor({ images: localImagesSchema.parse(images) });

const client = {
  endpoint: aws ?? '',
  region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const emulator = await startBatchEmulator({
  port: options.port,
  host: options.host,
  region,
  account: options.account,
  executor,
  environment: { ...(aws !== undefined && { AWS_ENDPOINT_URL: aws }), ...options.env },
  stopGraceMs: options.stopGrace * 1000,
  ...(aws !== undefined && {
    logs: cloudWatchSink(new CloudWatchLogsClient(client)),
    secrets: secretsManagerReader(new SecretsManagerClient(client)),
  }),
  ...(options.maxRunning !== undefined && { maxRunning: options.maxRunning }),
  ...(options.events !== undefined && { eventUrl: options.events }),
});
console.log(
  `AWS Batch with ${executor.name === 'docker' ? 'containers' : 'processes'} is at ${emulator.url}: AWS_ENDPOINT_URL_BATCH=${emulator.url}`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void emulator.stop().then(() => process.exit(0)));
