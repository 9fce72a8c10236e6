/**
 * A deployment that accepts no external evaluation refuses the runs that need it.
 *
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import { runSchema } from '../../../src/wire/runs.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { A_RUN, type ApiHarness, aCode, anApi, idOf, uploaded } from './harness.ts';

const evaluations = {
  ...createEvaluationControl({
    objects: { putIfAbsent: () => Promise.reject(new Error('not stored here')) },
    transitions: { send: () => Promise.reject(new Error('not sent here')) },
    token: (run) => `token of ${run}`,
    readCommands: () => [],
    jobs: true,
  }),
  accepted: true,
};

let harness: ApiHarness;
beforeEach(async () => {
  evaluations.accepted = true;
  harness = await anApi({ evaluations });
});

/** Registers a version whose logic is evaluated on the queue. */
async function registeredOn(pipelineExecutionQueue: string | null): Promise<void> {
  const code = await uploaded(harness, aCode());
  const { status } = await harness.request('POST', '/v1/versions', {
    code,
    declaration: { name: 'iris', project: 'examples', pipelineExecutionQueue },
  });
  expect(status).toBe(201);
}

async function expectRefusal(path: string, body: unknown, how: string): Promise<void> {
  const { runRequests, storage, request } = harness;
  const requestsBefore = [...runRequests];
  const runsBefore = (await storage.tasks.runs({ limit: 10 })).length;
  const response = await request('POST', path, body);
  expect(response.status).toBe(409);
  const { detail } = problemSchema.parse(response.body);
  expect(detail).toContain(how);
  expect(detail).toContain('api: { externalEvaluation: true }');
  expect(detail).toContain("pipelineExecutionQueue: 'services'");
  expect(runRequests).toEqual(requestsBefore);
  expect(await storage.tasks.runs({ limit: 10 })).toHaveLength(runsBefore);
}

const evaluatorOfRun = async () =>
  runSchema.parse((await harness.request('GET', `/v1/runs/${idOf(1)}`)).body).evaluator;

describe('a deployment without external evaluation', () => {
  it('refuses a run that its caller would evaluate, before it exists', async () => {
    await registeredOn(null);
    evaluations.accepted = false;
    await expectRefusal('/v1/runs', { ...A_RUN, evaluator: 'caller' }, 'by its caller');
  });

  it('refuses a run that a job would evaluate, before it exists', async () => {
    await registeredOn('default');
    evaluations.accepted = false;
    await expectRefusal('/v1/runs', A_RUN, 'by a job');
  });

  it('starts a run that it evaluates itself', async () => {
    await registeredOn(null);
    evaluations.accepted = false;
    expect((await harness.request('POST', '/v1/runs', A_RUN)).status).toBe(201);
    expect(await evaluatorOfRun()).toBe('engine');
  });

  it.each([
    ['caller', null, { evaluator: 'caller' }],
    ['job', 'default', {}],
  ] as const)('refuses to resume a run whose evaluator was the %s', async (who, queue, run) => {
    await registeredOn(queue);
    await harness.request('POST', '/v1/runs', { ...A_RUN, ...run });
    expect(await evaluatorOfRun()).toBe(who);
    evaluations.accepted = false;
    const how = who === 'job' ? 'by a job' : 'by its caller';
    await expectRefusal(`/v1/runs/${idOf(1)}/resume`, undefined, how);
  });

  it('refuses a rerun that a job would evaluate, and accepts one of a run that its caller evaluated', async () => {
    await registeredOn('default');
    await harness.request('POST', '/v1/runs', A_RUN);
    await harness.request('POST', '/v1/runs', { ...A_RUN, evaluator: 'caller' });
    evaluations.accepted = false;
    await expectRefusal(`/v1/runs/${idOf(1)}/rerun`, undefined, 'by a job');
    expect((await harness.request('POST', `/v1/runs/${idOf(2)}/rerun`)).status).toBe(201);
  });

  it('refuses the token with which a caller would evaluate a run', async () => {
    await registeredOn(null);
    await harness.request('POST', '/v1/runs', { ...A_RUN, evaluator: 'caller' });
    expect((await harness.request('POST', `/v1/runs/${idOf(1)}/evaluator-token`)).status).toBe(200);
    evaluations.accepted = false;
    await expectRefusal(`/v1/runs/${idOf(1)}/evaluator-token`, undefined, 'by its caller');
  });
});
