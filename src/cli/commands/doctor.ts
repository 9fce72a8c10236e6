/** `headrace doctor` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { DoctorCommandOptions } from '../option-types.ts';
import { endpointOption, homeOption, jsonOption, profileOption } from '../options.ts';

export const doctor = defineCommand<[options: DoctorCommandOptions]>({
  name: 'doctor',
  description:
    'check an API and its deployment: connection, clock, permission, version, queues, quotas of the AWS account; exits with 1 if something must be repaired',
  options: [
    endpointOption(),
    profileOption(),
    new Option(
      '--aws-profile <name>',
      "the profile of the AWS configuration that reads quotas and queues (default: the profile's, else the usual credentials)",
    ),
    homeOption(),
    jsonOption(),
  ],
  examples: ['headrace doctor --profile team', 'headrace doctor --profile team --json'],
  remote: async (...params) => (await import('../remote/doctor.ts')).diagnose(...params),
});
