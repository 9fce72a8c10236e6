import { describe, expect, it } from 'vitest';
import { controllersWithin, requiredVcpus } from '../../../src/cli/doctor/quotas.ts';

const codes = (type: 'EC2' | 'SPOT', ...instanceTypes: readonly string[]) =>
  requiredVcpus([{ type, maxVcpus: 64, instanceTypes }]).map(({ quota }) => quota.code);

describe('the vCPU quotas of queues', () => {
  it('queues that share a quota need the sum of their vCPUs', () => {
    const fargate = { type: 'FARGATE', instanceTypes: [] } as const;
    const required = requiredVcpus([
      { ...fargate, maxVcpus: 256 },
      { ...fargate, maxVcpus: 100 },
      { ...fargate, type: 'FARGATE_SPOT', maxVcpus: 1024 },
    ]);
    expect(required.map(({ quota, needed }) => [quota.code, needed])).toEqual([
      ['L-3032A538', 356],
      ['L-36FBB829', 1024],
    ]);
  });

  it('an instance type has the quota of its family, by all letters before its generation', () => {
    expect(codes('EC2', 'c7i', 'm7i.large', 'optimal')).toEqual(['L-1216C47A']);
    expect(codes('EC2', 'g5.xlarge', 'gr6', 'vt1')).toEqual(['L-DB2E81BA']);
    expect(codes('EC2', 'p4d.24xlarge', 'inf2', 'trn1', 'dl1')).toEqual([
      'L-417A185B',
      'L-1945791B',
      'L-2C3B7624',
      'L-6E869C2A',
    ]);
    expect(codes('SPOT', 'p5', 'x2idn', 'f2')).toEqual(['L-7212CCBC', 'L-E3A00192', 'L-88CF9481']);
  });

  it('a third of the concurrency is for controllers, and never less than Lambda accepts', () => {
    expect([10, 1000, 3].map(controllersWithin)).toEqual([3, 333, 2]);
  });
});
