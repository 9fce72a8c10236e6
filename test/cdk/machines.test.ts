/**
 * The machines of EC2 queues: their disks, and their update by a release.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { headraceVersion } from '../../src/submit/package-version.ts';
import { resourcesIn, templateOf } from './synthesized.ts';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0000-4000-8000-0123456789ab';
const QUEUES: HeadraceConfig['queues'] = {
  default: { type: 'fargate' },
  cpu: { type: 'ec2', instanceTypes: ['c7i'] },
  gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true, diskGiB: 400 },
};

const disksIn = (of: Template) =>
  resourcesIn(of, 'AWS::EC2::LaunchTemplate').flatMap(
    ({ LaunchTemplateData }) =>
      z.looseObject({ BlockDeviceMappings: z.array(z.unknown()) }).parse(LaunchTemplateData)
        .BlockDeviceMappings,
  );
const disk = (VolumeSize: number, key: { KmsKeyId?: string } = {}) => ({
  DeviceName: '/dev/xvda',
  Ebs: { VolumeType: 'gp3', VolumeSize, Encrypted: true, DeleteOnTermination: true, ...key },
});

it('a machine has an encrypted disk of the configured size, 100 GiB by default', () => {
  expect(disksIn(templateOf({ queues: QUEUES }))).toEqual([disk(100), disk(400)]);
});

it("the disk of a machine is encrypted under the deployment's key, if it has one", () => {
  const key = { KmsKeyId: KEY };
  expect(disksIn(templateOf({ queues: QUEUES, encryption: { keyArn: KEY } }))).toEqual([
    disk(100, key),
    disk(400, key),
  ]);
});

it('an update of machines leaves running jobs six hours, and a release of Headrace is such an update', () => {
  const environments = resourcesIn(
    templateOf({ queues: QUEUES, tags: { team: 'ml' } }),
    'AWS::Batch::ComputeEnvironment',
  );
  const fargate = { ComputeResources: { Type: 'FARGATE' } };
  const machines = {
    UpdatePolicy: { TerminateJobsOnUpdate: false, JobExecutionTimeoutMinutes: 360 },
    ComputeResources: {
      Type: 'EC2',
      UpdateToLatestImageVersion: true,
      Tags: { team: 'ml', 'headrace:version': headraceVersion() },
    },
  };
  expect(environments).toMatchObject([fargate, machines, machines]);
  expect(environments[0]).not.toHaveProperty('UpdatePolicy');
});
