/** `headrace profile add`, `list`, `use` and `remove` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { AddProfileOptions, JsonOption } from '../option-types.ts';
import { jsonOption } from '../options.ts';

const loadProfile = () => import('../local/profile.ts');

export const profileAdd = defineCommand<[name: string, options: AddProfileOptions]>({
  name: 'profile add',
  description: 'store an endpoint under a name; the first one is the default',
  arguments: [new Argument('<name>')],
  options: [
    new Option('--endpoint <url>', 'the URL of its API').makeOptionMandatory(),
    new Option('--auth <kind>', 'aws: sign with AWS credentials; token: send a bearer token')
      .choices(['aws', 'token'])
      .default('aws'),
    new Option('--region <region>', 'the AWS region, if the endpoint does not name it'),
    new Option('--aws-profile <name>', 'a profile of the AWS configuration'),
    new Option(
      '--token-file <file>',
      'a file with the token to store, or - for stdin; without it, each command reads HEADRACE_TOKEN',
    ),
    new Option(
      '--allow-http',
      'accept http:// to another machine: the token and all data are readable on the network',
    ),
  ],
  examples: [
    'headrace profile add team --endpoint https://abc.execute-api.eu-west-1.amazonaws.com/prod',
    'headrace profile add team --endpoint https://headrace.example.org --auth token --token-file -',
  ],
  local: async (...params) => (await loadProfile()).add(...params),
});

export const profileList = defineCommand<[options: JsonOption]>({
  name: 'profile list',
  description: 'the profiles',
  options: [jsonOption()],
  examples: ['headrace profile list'],
  local: async (...params) => (await loadProfile()).list(...params),
});

export const profileUse = defineCommand<[name: string, options: object]>({
  name: 'profile use',
  description: 'make a profile the default',
  arguments: [new Argument('<name>')],
  examples: ['headrace profile use team'],
  local: async (name, _options, output) => (await loadProfile()).use(name, output),
});

export const profileRemove = defineCommand<[name: string, options: object]>({
  name: 'profile remove',
  description: 'remove a profile',
  arguments: [new Argument('<name>')],
  examples: ['headrace profile remove team'],
  local: async (name, _options, output) => (await loadProfile()).remove(name, output),
});
