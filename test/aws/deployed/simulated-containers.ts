/**
 * Simulated containers, for tests in which only their number matters. The executor receives each
 * container, and sends the runner's messages without a process. It executes no code of the step:
 * the test computes the results.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import { createS3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { isStored } from '../../../src/model/value.ts';
import { readContainerEnvironment } from '../../../src/runner/container/environment.ts';
import type { ContainerPlan, Executor } from '../../../testing/batch/index.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';

/** Computes the call's only return value. */
export type Answer = (args: readonly unknown[], spec: StepSpec) => unknown;

/** @param emulator called when the first container starts */
export function simulatedContainers(emulator: () => Emulator, answer: Answer): Executor {
  let clients: { readonly s3: S3Client; readonly sqs: SQSClient } | undefined;

  async function run({ environment }: ContainerPlan): Promise<void> {
    clients ??= {
      s3: new S3Client({ ...clientOptions(emulator()), forcePathStyle: true }),
      sqs: new SQSClient(clientOptions(emulator())),
    };
    const {
      bucket,
      specKey: key,
      specText,
      index,
      token,
      job,
      transitionsQueueUrl: transitions,
    } = readContainerEnvironment({ ...environment });
    const objects = createS3Objects({ client: clients.s3, bucket });
    const read =
      specText === undefined
        ? (start: number, length: number) => objects.slice(key, start, start + length)
        : unpackSpec(specText);
    const { spec } = await readGroupSpec(read, index, token);
    const queue = createSqsTransitions({ client: clients.sqs, queueUrl: transitions });
    const source = () => ({
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token,
      at: Date.now(),
    });
    await queue.send([{ kind: 'started', ...source() }]);
    if (isStored(spec.args)) throw new Error('simulated containers support only inline arguments');
    const text = JSON.stringify(
      answer(z.array(z.unknown()).parse(JSON.parse(spec.args.text)), spec),
    );
    const value = { format: 'json' as const, text };
    const [name = 'value'] = spec.returnValues;
    const description = {
      type: 'json',
      size: text.length,
      hash: createHash('sha256').update(text).digest('hex'),
      preview: text,
      createdAt: Date.now(),
    };
    await queue.send([
      {
        kind: 'finished',
        ...source(),
        outcome: { ok: true, values: [value], artifacts: [{ name, value, ...description }] },
      },
    ]);
  }

  return {
    name: 'simulated',
    open: async () => ({
      start: async (container, write) => {
        const ended = run(container).then(
          () => ({ exitCode: 0 }),
          (error: unknown) => {
            write(String(error));
            return { exitCode: 1 };
          },
        );
        return { ended, signal: () => undefined };
      },
      remove: async () => undefined,
    }),
    close: async () => {
      clients?.s3.destroy();
      clients?.sqs.destroy();
    },
  };
}
