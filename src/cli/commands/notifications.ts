/** `headrace notifications …`: messages about the runs of a home. */
import { Argument, Option } from 'commander';
import { NOTIFICATION_TYPES } from '../../model/notification-types.ts';
import { defineCommand } from '../command.ts';
import type {
  AddNotificationOptions,
  HomeOption,
  JsonOption,
  TestNotificationOptions,
} from '../option-types.ts';
import { homeOption, jsonOption, repeatableOption, targetOptions } from '../options.ts';

const idArgument = (): Argument => new Argument('<id>', 'the number of the rule');

export const notificationsAdd = defineCommand<[url: string, options: AddNotificationOptions]>({
  name: 'notifications add',
  description: 'send a message when a run of this home ends or waits',
  arguments: [
    new Argument('<url>', 'the webhook: an address of Slack, or any that accepts a POST of JSON'),
  ],
  options: [
    repeatableOption(
      '--on <change>',
      `${NOTIFICATION_TYPES.join(', ')} (repeatable; default: failed)`,
    ),
    new Option('--format <format>', 'default: slack for hooks.slack.com, else json').choices([
      'json',
      'slack',
    ]),
    new Option('--project <project>', 'only of this project'),
    new Option('--pipeline <name>', 'only of this pipeline'),
    new Option('--tag <tag>', 'only of runs with this tag'),
    homeOption(),
  ],
  examples: [
    'headrace notifications add https://hooks.slack.com/services/T0/B0/secret',
    'headrace notifications add https://example.org/hook --on failed --on waiting --pipeline iris',
  ],
  local: async (...params) => (await import('../local/notifications.ts')).add(...params),
});

export const notificationsList = defineCommand<[options: HomeOption & JsonOption]>({
  name: 'notifications list',
  description: 'the rules of this home',
  options: [homeOption(), jsonOption()],
  examples: ['headrace notifications list'],
  local: async (...params) => (await import('../local/notifications.ts')).list(...params),
});

export const notificationsRemove = defineCommand<[id: string, options: HomeOption]>({
  name: 'notifications remove',
  description: 'remove a rule',
  arguments: [idArgument()],
  options: [homeOption()],
  examples: ['headrace notifications remove 1'],
  local: async (...params) => (await import('../local/notifications.ts')).remove(...params),
});

export const notificationsTest = defineCommand<
  [id: string | undefined, options: TestNotificationOptions]
>({
  name: 'notifications test',
  description:
    'send a test message by a rule of this home, or by an entry of the configuration of a deployment; exits with 1 if it is not accepted',
  arguments: [
    new Argument(
      '[id]',
      'the number of the rule; of a deployment, the position of the entry, from 0 (default: all)',
    ),
  ],
  options: [
    new Option('--samples', 'send one sample of each change that the rule is for'),
    ...targetOptions(),
    new Option(
      '--aws-profile <name>',
      "the profile of the AWS configuration that invokes the deployment's function (default: the profile's, else the usual credentials)",
    ),
    jsonOption(),
  ],
  examples: [
    'headrace notifications test 1',
    'headrace notifications test --samples',
    'headrace notifications test --profile team',
  ],
  local: async (...params) => (await import('../local/notifications.ts')).test(...params),
  remote: async (...params) => (await import('../remote/notifications.ts')).test(...params),
});
