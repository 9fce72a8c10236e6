import { describe, expect, test } from 'vitest';
import { batchProblems } from '../../../lambda/api/batch-problems.ts';
import { lambdaProblems } from '../../../src/aws/jobs/lambda-limits.ts';
import { jobSettingsOf } from '../../../src/model/container-settings.ts';

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

  test('the option resources of a component in a queue on Lambda is refused by its name, when a version is registered and when a group is launched', () => {
    const quick = { platform: 'lambda', timeoutSeconds: 60, maxConcurrency: 2 } as const;
    const component = { resources: { cpu: 1, memory: '1 GiB' } };
    const problems = batchProblems(
      {
        declaration: { name: 'a' },
        components: [
          { id: 'a', name: 'a', returnValues: ['a'], executionQueue: 'quick', ...component },
        ],
      },
      { queues: { ...QUEUES, quick } },
    );
    const detail =
      'the queue quick runs steps in Lambda functions, which have no resources: use a queue on Fargate or EC2';
    expect(problems).toEqual([{ in: 'body', field: 'components[0].resources', detail }]);
    const [first] = lambdaProblems(jobSettingsOf(component), null, { ...quick, name: 'quick' });
    expect(first).toEqual({ setting: 'resources', detail });
  });
});
