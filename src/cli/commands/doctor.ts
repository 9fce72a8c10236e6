/** `headrace doctor` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { DoctorCommandOptions } from '../option-types.ts';
import { jsonOption, targetOptions } from '../options.ts';

export const doctor = defineCommand<[options: DoctorCommandOptions]>({
  name: 'doctor',
  description:
    'check this machine and project: Node.js, home, disk, engine, package.json, tsconfig.json, copies of headrace; or an API and its deployment: connection, clock, permission, version, queues, quotas of the AWS account, addresses of mails that are not confirmed; exits with 1 if something must be repaired',
  options: [
    ...targetOptions(),
    new Option(
      '--aws-profile <name>',
      "the profile of the AWS configuration that reads quotas and queues (default: the profile's, else the usual credentials)",
    ),
    jsonOption(),
  ],
  examples: [
    'headrace doctor',
    'headrace doctor --profile team',
    'headrace doctor --profile team --json',
  ],
  local: async (...params) => (await import('../local/doctor.ts')).diagnose(...params),
  remote: async (...params) => (await import('../remote/doctor.ts')).diagnose(...params),
});
