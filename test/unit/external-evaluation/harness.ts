/**
 * A controller with ports in memory, whose runs are evaluated by processes that use the API over
 * HTTP.
 *
 * @module
 */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { createApi } from '../../../src/api/app.ts';
import { createEvaluationClient, type EvaluationClient } from '../../../src/client/evaluations.ts';
import { createController } from '../../../src/controller/controller.ts';
import { createModelControl } from '../../../src/controller/models/model-control.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import { createExternalEvaluator } from '../../../src/external-evaluation/external-evaluator.ts';
import {
  type ExternalEvaluationResult,
  evaluateExternally,
} from '../../../src/external-evaluation/process/evaluate-externally.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { EvaluatedBy, Run } from '../../../src/model/run.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { EvaluatorJobs } from '../../../src/ports/evaluator.ts';
import { ControllerHarness, type JobOutcome } from '../controller/harness.ts';
import { type Script, scripted } from '../controller/logic.ts';

export const PAUSE = { initialMs: 1, maxMs: 20 };

export class ExternalHarness {
  readonly controllerHarness: ControllerHarness;
  readonly endpoint: string;
  /** Returns a response in place of the API's; undefined for the response of the API. */
  responseInstead: (request: number) => Response | undefined = () => undefined;
  /** The transitions that the API sent to the controller. */
  readonly sent: Transition[] = [];
  /** How often a transition is delivered to the controller. */
  deliveryOf: (transition: Transition) => 'once' | 'twice' | 'lost' = () => 'once';
  readonly #script: Script;
  readonly #control: ReturnType<typeof createEvaluationControl>;
  readonly #handle: (transitions: readonly Transition[]) => Promise<void>;

  constructor(parts: {
    controllerHarness: ControllerHarness;
    script: Script;
    endpoint: string;
    control: ReturnType<typeof createEvaluationControl>;
    handle: (transitions: readonly Transition[]) => Promise<void>;
  }) {
    this.controllerHarness = parts.controllerHarness;
    this.endpoint = parts.endpoint;
    this.#script = parts.script;
    this.#control = parts.control;
    this.#handle = parts.handle;
  }

  async start(evaluatedBy: EvaluatedBy, id?: string): Promise<RunId> {
    const info = { ...this.controllerHarness.info({}, id), evaluatedBy };
    await this.controllerHarness.storage.tasks.createRun(info, newHead(info));
    await this.#handle([{ kind: 'run.created', run: info.id }]);
    return info.id;
  }

  send(...transitions: readonly Transition[]): Promise<void> {
    return this.#handle(transitions);
  }

  client(run: RunId, token = this.#control.token(run)): EvaluationClient {
    return createEvaluationClient({ endpoint: this.endpoint, token, firstRetryDelayMs: 1 }, run);
  }

  evaluate(
    run: RunId,
    name: string,
    { signal, outage }: { readonly signal?: AbortSignal; readonly outage?: number } = {},
  ): Promise<ExternalEvaluationResult> {
    return evaluateExternally({
      client: this.client(run),
      makeEvaluator: () => scripted(this.#script),
      name,
      signal,
      maxOutageMs: outage,
      pollDelay: PAUSE,
    });
  }

  run(id: RunId): Promise<Run> {
    return this.controllerHarness.run(id);
  }
}

export async function createExternalHarness(
  script: Script,
  { answer, jobs }: { readonly answer?: JobOutcome; readonly jobs?: EvaluatorJobs } = {},
): Promise<ExternalHarness> {
  const created: { harness?: ExternalHarness } = {};
  const controllerHarness = new ControllerHarness(script, answer);
  const { storage } = controllerHarness;
  const controller = createController({
    ...controllerHarness.ports,
    evaluator: createExternalEvaluator({
      engineEvaluator: scripted(script),
      objects: storage.objects,
      readCommands,
      jobs,
    }),
  });
  Object.assign(controllerHarness, { controller });
  let last: Promise<void> = Promise.resolve();
  /** Handles transitions one after the other, like a queue. */
  const handle = (transitions: readonly Transition[]): Promise<void> => {
    last = last.then(() => controllerHarness.send(...transitions));
    return last;
  };
  const control = createEvaluationControl({
    objects: storage.objects,
    transitions: {
      async send(transitions) {
        for (const transition of transitions) {
          created.harness?.sent.push(transition);
          const delivery = created.harness?.deliveryOf(transition) ?? 'once';
          if (delivery !== 'lost')
            await handle(delivery === 'twice' ? [transition, transition] : [transition]);
        }
      },
    },
    token: (name) => `token of ${name}`,
    readCommands,
    jobs: jobs !== undefined,
  });
  const absent = async () => Promise.reject(new Error('not in this test'));
  const api = createApi(
    {
      ...storage,
      schedules: { schedules: storage.schedules, put: absent, setPaused: absent, remove: absent },
      queries: storage.tasks,
      models: createModelControl(
        { ...storage, queries: storage.tasks, removal: storage.tasks },
        { now: Date.now },
      ),
      links: {
        read: async (key) => ({
          url: `${created.harness?.endpoint}/objects/${key}`,
          method: 'GET',
          headers: {},
          expiresAt: 2_000,
        }),
        write: absent,
      },
      logs: { read: absent, pagesPerSearch: 1, callsPerRunLog: 9 },
      runs: {
        newId: () => controllerHarness.info().id,
        prepare: () => controllerHarness.info(),
        create: absent,
        resume: absent,
        prepareRerun: () => controllerHarness.info(),
        abort: absent,
        signal: absent,
        tag: absent,
        annotate: absent,
        remove: absent,
      },
      evaluations: control,
      clock: { now: () => controllerHarness.now },
      service: { name: 'headrace', version: '1.0.0', stepExecutor: 'container' },
      features: [],
      callerOf: () => ({ principal: 'mina', name: 'mina' }),
      queues: () => ({ items: [], acceptsAnyName: true }),
      versionProblems: () => [],
      onError: (error) => console.error(error),
    },
    { onlyRoutes: 'evaluations' },
  );
  let requests = 0;
  const server = createAdaptorServer({
    fetch: async (request) => {
      requests += 1;
      const response = created.harness?.responseInstead(requests);
      if (response !== undefined) return response;
      const { pathname } = new URL(request.url);
      return pathname.startsWith('/objects/') ? new Response('the code') : await api.fetch(request);
    },
  }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  created.harness = new ExternalHarness({ controllerHarness, script, endpoint, control, handle });
  return created.harness;
}
