import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { POLL_OPTIONS } from './test-batch.ts';

const MAIN = ['--import', 'tsx', fileURLToPath(new URL('main.ts', import.meta.url))];

const post = async (
  url: string,
  operation: string,
  body: object,
): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${url}/v1/${operation}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return z.record(z.string(), z.unknown()).parse(await answer.json());
};

describe('batch-emulator as a program', () => {
  it('batch-emulator --help lists its options', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...MAIN, '--help']);
    for (const option of ['--port', '--docker', '--images', '--events', '--aws'])
      expect(stdout).toContain(option);
  });

  it('batch-emulator refuses an invalid port', async () => {
    await expect(
      promisify(execFile)(process.execPath, [...MAIN, '--port', 'x']),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('whole number'),
    });
  });

  it('batch-emulator runs jobs until it is stopped, and stops running jobs with it', async () => {
    const program = spawn(
      process.execPath,
      [...MAIN, '--port', '0', '--env', 'GREETING=hello=you'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void program.kill('SIGKILL'));
    const [line] = await once(createInterface({ input: program.stdout }), 'line');
    const url = /AWS_ENDPOINT_URL_BATCH=(\S+)/u.exec(String(line))?.[1] ?? '';
    expect(await (await fetch(`${url}/_batch/health`)).json()).toEqual({
      status: 'ok',
      executor: 'subprocess',
    });

    await post(url, 'createcomputeenvironment', {
      computeEnvironmentName: 'm',
      type: 'MANAGED',
      computeResources: { type: 'EC2', maxvCpus: 1 },
    });
    await post(url, 'createjobqueue', {
      jobQueueName: 'q',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'm' }],
    });
    const containerProperties = {
      image: 'i',
      command: ['sh', '-c', 'echo "$GREETING $$"; sleep 1000'],
      vcpus: 1,
      memory: 128,
    };
    await post(url, 'registerjobdefinition', {
      jobDefinitionName: 'd',
      type: 'container',
      containerProperties,
    });
    const { jobId } = await post(url, 'submitjob', {
      jobName: 'j',
      jobQueue: 'q',
      jobDefinition: 'd',
    });
    const firstLine = async () => {
      const { jobs } = await post(url, 'describejobs', { jobs: [jobId] });
      const stream = JSON.stringify(jobs).match(/"logStreamName":"([^"]+)"/u)?.[1] ?? '';
      const answer = await fetch(`${url}/_batch/logs?stream=${encodeURIComponent(stream)}`);
      return JSON.stringify(await answer.json()).match(/hello=you (\d+)/u)?.[1];
    };
    await expect.poll(firstLine, POLL_OPTIONS).toBeDefined();
    const pid = Number(await firstLine());

    program.kill('SIGTERM');

    expect(await once(program, 'exit')).toEqual([0, null]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
