import { describe, expect, test } from 'vitest';
import { batchProblems } from '../../../lambda/api/batch-problems.ts';

const QUEUES = {
  default: { platform: 'fargate', spot: false, gpu: false },
  machines: { platform: 'ec2', spot: false, gpu: false },
} as const;

describe('the problems of a version', () => {
  test('docker arguments that give access to the machine are a problem of their component and of the logic, unless the deployment allows them', () => {
    const version = {
      declaration: { name: 'a', pipelineExecutionQueue: 'machines', dockerArgs: '--privileged' },
      components: [
        {
          id: 'a',
          name: 'a',
          returnValues: ['a'],
          executionQueue: 'machines',
          dockerArgs: '--pid host',
        },
      ],
    };
    const problems = batchProblems(version, { queues: QUEUES });
    expect(problems).toEqual([
      {
        in: 'body',
        field: 'declaration.dockerArgs',
        detail: expect.stringContaining('hostAccess'),
      },
      {
        in: 'body',
        field: 'components[0].dockerArgs',
        detail: expect.stringMatching(/^dockerArgs: --pid .*containers\.hostAccess/),
      },
    ]);
    expect(batchProblems(version, { queues: QUEUES, allowHostAccess: true })).toEqual([]);
  });
});
