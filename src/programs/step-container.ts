/**
 * The program of a step's container: `node step-container.js`, with the variables of
 * `CONTAINER_VARIABLES` and of AWS Batch. Started with `step <bucket>` it is the process of the
 * step itself, which its supervisor starts.
 *
 * @module
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsTransitions } from '../aws/messages/transition-queue.ts';
import { requestLimits } from '../aws/request-limits.ts';
import { openStepObjects } from '../aws/storage/step-objects.ts';
import { EXIT_PREPARATION_FAILED, lastLogLine } from '../model/container.ts';
import { readGroupSpec, unpackSpec } from '../model/group-spec.ts';
import { serveAttempt } from '../runner/attempt-process.ts';
import { readContainerEnvironment } from '../runner/container/environment.ts';
import { heapArguments } from '../runner/container/heap-arguments.ts';
import { logStreamOf } from '../runner/container/log-stream.ts';
import { createPersistentDelivery } from '../runner/container/persistent-delivery.ts';
import { secretsReader } from '../runner/container/secrets.ts';
import { supervise } from '../runner/container/supervisor.ts';

/** Resolves to the exit code. */
async function superviseContainer(): Promise<number> {
  let terminate: (() => void) | undefined;
  let terminated = false;
  // From the first moment: the process that leads a container ignores the signal otherwise.
  process.on('SIGTERM', () => {
    terminated = true;
    terminate?.();
  });
  const {
    specKey: spec,
    specText,
    bucket,
    index,
    token,
    job,
    transitionsQueueUrl: transitions,
    graceSeconds,
    region,
  } = readContainerEnvironment(process.env);
  const inRegion = region === undefined ? {} : { region };
  const objects = openStepObjects(bucket, region);
  const read =
    specText === undefined
      ? (start: number, length: number) => objects.slice(spec, start, start + length)
      : unpackSpec(specText);
  const [containerSpec, logStream] = await Promise.all([
    readGroupSpec(read, index, token),
    logStreamOf(process.env),
  ]);
  const exitCode = await supervise({
    containerSpec,
    job,
    logStream,
    ageMs: () => process.uptime() * 1000,
    delivery: createPersistentDelivery(
      createSqsTransitions({
        client: new SQSClient({ ...requestLimits('sqs', 'step'), ...inRegion }),
        queueUrl: transitions,
      }),
    ),
    objects,
    readSecrets: (names) =>
      secretsReader(
        new SecretsManagerClient({ ...requestLimits('secrets-manager', 'step'), ...inRegion }),
      )(names),
    environment: { ...process.env, ...(region === undefined ? {} : { AWS_REGION: region }) },
    cwd: process.cwd(),
    makeFolder: () => mkdtemp(join(tmpdir(), 'headrace-')),
    command: [...heapArguments(), fileURLToPath(import.meta.url), 'step', bucket],
    graceMs: graceSeconds * 1000,
    onTerminate(listener) {
      terminate = listener;
      if (terminated) listener();
    },
  });
  // Without it, a reader waits for lines that CloudWatch may receive later.
  if (logStream !== undefined) process.stdout.write(`${lastLogLine(logStream)}\n`);
  return exitCode;
}

const [, , role, bucket] = process.argv;
if (role === 'step' && bucket !== undefined) {
  // A container has no packages of the machine that bundled.
  serveAttempt({
    objects: () => openStepObjects(bucket),
    codeFolder: ({ home }) => home,
    downloadsFolder: ({ temporaryDirectory }) => join(temporaryDirectory, 'downloads'),
    materialize: async () => (text) => text,
  });
} else {
  superviseContainer().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(EXIT_PREPARATION_FAILED);
    },
  );
}
