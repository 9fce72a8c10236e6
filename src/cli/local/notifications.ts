/** `headrace notifications …` */

import { CommandLineError, NotFoundError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome, homeTarget } from '../../launch/home.ts';
import { readNotificationRules, writeNotificationRules } from '../../local/notifications/rules.ts';
import { issueSentence } from '../../model/issue-sentences.ts';
import {
  type NotificationRule,
  notificationRuleSchema,
  shownTarget,
} from '../../model/notifications.ts';
import { sendNotification } from '../../notifications/send.ts';
import { sendTests } from '../../notifications/send-test.ts';
import { formatTable } from '../../view/format.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { printTests } from '../notification-tests.ts';
import type {
  AddNotificationOptions,
  HomeOption,
  JsonOption,
  TestNotificationOptions,
} from '../option-types.ts';

const SLACK_HOST = 'hooks.slack.com';

export async function add(
  url: string,
  { on, format, project, pipeline, tag, home: homeText }: AddNotificationOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(homeText, process.cwd());
  const rules = readNotificationRules(home);
  const id = String(Math.max(0, ...rules.map((rule) => Number(rule.id))) + 1);
  const isSlack = URL.canParse(url) && new URL(url).hostname === SLACK_HOST;
  const parsed = notificationRuleSchema.safeParse({
    id,
    on: on.length === 0 ? ['failed'] : [...new Set(on)],
    ...(project === undefined ? {} : { project }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(tag === undefined ? {} : { tag }),
    format: format ?? (isSlack ? 'slack' : 'json'),
    url,
  });
  const [issue] = parsed.error?.issues ?? [];
  if (!parsed.success)
    throw new CommandLineError(
      issue === undefined
        ? 'the rule is invalid'
        : `${String(issue.path[0])}: ${issueSentence(issue)}`,
    );
  writeNotificationRules(home, [...rules, parsed.data]);
  await output.write(
    `notification ${id}: ${ruleText(parsed.data)} to ${shownTarget(parsed.data)}\ntry it with \`${hint(homeTarget(home), 'notifications', 'test', id)}\`\n`,
  );
  return EXIT.completed;
}

export async function list(
  { home: homeText, json }: HomeOption & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(homeText, process.cwd());
  const rules = readNotificationRules(home);
  if (json)
    await output.write(
      `${JSON.stringify(rules.map(({ url, ...rule }) => ({ ...rule, target: shownTarget({ url }) })))}\n`,
    );
  else if (rules.length === 0)
    await output.write(
      `no notifications: \`${hint(homeTarget(home), 'notifications', 'add', 'URL')}\` adds one\n`,
    );
  else
    await output.write(
      `${formatTable(
        rules,
        [
          { title: 'id', value: ({ id }) => id },
          { title: 'when', value: ruleText },
          { title: 'format', value: ({ format }) => format },
          { title: 'to', value: shownTarget },
        ],
        output.colors.dim,
      ).join('\n')}\n`,
    );
  return EXIT.completed;
}

export async function remove(
  id: string,
  { home: homeText }: HomeOption,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(homeText, process.cwd());
  const rule = requireRule(home, id);
  writeNotificationRules(
    home,
    readNotificationRules(home).filter((each) => each.id !== rule.id),
  );
  await output.write(`notification ${id} is removed\n`);
  return EXIT.completed;
}

export async function test(
  id: string | undefined,
  { home: homeText, samples = false, json = false }: TestNotificationOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(homeText, process.cwd());
  const rules = id === undefined ? readNotificationRules(home) : [requireRule(home, id)];
  if (rules.length === 0)
    throw new NotFoundError(
      `there are no notifications: \`${hint(homeTarget(home), 'notifications', 'add', 'URL')}\` adds one`,
    );
  const command = hint(homeTarget(home), 'notifications', 'list');
  const request = { samples, at: Date.now(), command };
  const tests = await Promise.all(
    rules.map(async (rule) => ({
      notification: rule.id,
      to: shownTarget(rule),
      ...(await sendTests(rule, request, (each) => sendNotification(rule, each))),
    })),
  );
  return await printTests(tests, json, output);
}

function requireRule(home: string, id: string): NotificationRule {
  const found = readNotificationRules(home).find((rule) => rule.id === id);
  if (found !== undefined) return found;
  throw new NotFoundError(
    `there is no notification ${JSON.stringify(id)}: \`${hint(homeTarget(home), 'notifications', 'list')}\` lists them`,
  );
}

const ruleText = ({ on, project, pipeline, tag }: NotificationRule): string =>
  [
    on.join(', '),
    ...(project === undefined ? [] : [`project ${project}`]),
    ...(pipeline === undefined ? [] : [`pipeline ${pipeline}`]),
    ...(tag === undefined ? [] : [`tag ${tag}`]),
  ].join('; ');
