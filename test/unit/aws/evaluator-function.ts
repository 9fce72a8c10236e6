/**
 * The evaluator's function behind a Lambda client, for tests of the evaluator port.
 *
 * @module
 */
import { gunzipSync } from 'node:zlib';
import { InvokeCommand, LambdaClient, RequestTooLargeException } from '@aws-sdk/client-lambda';
import { expect, vi } from 'vitest';
import {
  createEvaluationService,
  type EvaluationService,
  type EvaluationServiceOptions,
} from '../../../src/aws/evaluator/evaluation-service.ts';
import { createLambdaEvaluator } from '../../../src/aws/evaluator/lambda-evaluator.ts';
import type { EvaluatorPayload } from '../../../src/aws/evaluator/protocol.ts';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import type { Evaluator } from '../../../src/ports/evaluator.ts';
import { asS3Objects, MemoryObjects } from '../../conformance/memory-objects.ts';
import { HandRun, withCountedCrashes } from '../evaluator/logic.ts';

/** Lambda's limits of a payload and of a reply. */
const MAX_REQUEST_BYTES = 6_291_456;
const MAX_RESPONSE_BYTES = 6_291_556;

/** The evaluator's function with one instance at a time, and an object store behind URLs. */
export class EvaluatorFunction {
  readonly objects = new MemoryObjects();
  readonly payloads: EvaluatorPayload[] = [];
  readonly tenants: (string | undefined)[] = [];
  readonly fetchedKeys: string[] = [];
  /** The next replies of the function, instead of its own. */
  readonly injectedReplies: { readonly payload: string; readonly error?: string }[] = [];
  /** The limits of the service; a test that must reach them sets lower ones. */
  limits: Pick<EvaluationServiceOptions, 'maxPackedPageBytes' | 'maxPageBytes'> = {};
  /** Requests that Lambda refused, because they are too large. */
  refused = 0;
  maxRequestBytes = MAX_REQUEST_BYTES;
  readonly #answers: string[] = [];
  #instance: EvaluationService | undefined;
  readonly #client = new LambdaClient({ region: 'us-east-1' });

  constructor(readonly run: HandRun) {
    vi.spyOn(this.#client, 'send').mockImplementation(async (command: unknown) => {
      if (!(command instanceof InvokeCommand)) throw new Error('only Invoke is expected');
      const sent = Buffer.from(command.input.Payload as Uint8Array).toString();
      if (Buffer.byteLength(sent) > this.maxRequestBytes) {
        this.refused += 1;
        throw new RequestTooLargeException({
          message: 'too large',
          $metadata: { httpStatusCode: 413 },
        });
      }
      this.tenants.push(command.input.TenantId);
      const payload: EvaluatorPayload = JSON.parse(sent);
      this.payloads.push(payload);
      const injected = this.injectedReplies.shift();
      if (injected !== undefined)
        return {
          Payload: Buffer.from(injected.payload),
          ...(injected.error === undefined ? {} : { FunctionError: injected.error }),
        };
      this.#instance ??= createEvaluationService((sources) => createEvaluator(sources), {
        fetchUrl: this.#fetch,
        ...this.limits,
      });
      const answer = JSON.stringify(await this.#instance.handle(payload));
      this.#answers.push(answer);
      expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(MAX_RESPONSE_BYTES);
      return { Payload: Buffer.from(answer) };
    });
  }

  static async of(
    main: string,
    options: Parameters<typeof HandRun.create>[1] = {},
  ): Promise<EvaluatorFunction> {
    const run = await HandRun.create(main, options);
    const evaluatorFunction = new EvaluatorFunction(run);
    await evaluatorFunction.objects.put(run.info.code.logic.key, Buffer.from(run.code));
    return evaluatorFunction;
  }

  readonly #fetch = async (input: string | URL | Request): Promise<Response> => {
    const key = decodeURIComponent(new URL(String(input)).pathname.slice(1));
    this.fetchedKeys.push(key);
    if (!(await this.objects.exists(key))) return new Response('', { status: 404 });
    return new Response(Buffer.from(await this.objects.get(key, 1e8)));
  };

  /** The pages that the function answered with, with their commands as JSON. */
  pages(): readonly { readonly commands: string }[] {
    return this.#answers
      .map((answer) => JSON.parse(answer))
      .filter(({ kind }) => kind === 'page')
      .map(({ commands }) => ({
        commands: gunzipSync(Buffer.from(commands, 'base64')).toString(),
      }));
  }

  /** Ends the instance: the next one has no state. */
  endInstance(): void {
    this.#instance = undefined;
  }

  /** A controller's side of the evaluator, without state. */
  newEvaluator(isolation: 'tenant' | 'function' = 'function'): Evaluator {
    const { objects, run } = this;
    const s3 = asS3Objects(objects, (key) => `https://store.example/${encodeURIComponent(key)}`);
    const tasks = {
      events: async (_: unknown, from: number, limit: number) =>
        run.events.slice(from, from + limit),
      signatures: async (_: unknown, from: number, limit: number) =>
        run.signatures.slice(from, from + limit),
    };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    return withCountedCrashes(
      createLambdaEvaluator({
        client: this.#client,
        functionName: 'evaluator',
        isolation,
        objects: s3,
        tasks,
        readCommands,
        log,
      }),
    );
  }

  /** The kind of the last payload: with the whole history (`cold`), or with new events only. */
  get lastPayload(): string {
    const payload = this.payloads.at(-1);
    return payload?.kind === 'evaluate'
      ? payload.coldStart === undefined
        ? `warm from ${payload.from}`
        : 'cold'
      : 'supply';
  }
}
