/**
 * The rules of a home for notifications: the file `notifications.json`, which only its owner may
 * read, because the URL of a webhook is a secret.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HeadraceError } from '../../model/errors.ts';
import { issueSentence } from '../../model/issue-sentences.ts';
import { type NotificationRule, notificationRuleSchema } from '../../model/notifications.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE, secureHome } from '../private-files.ts';

const fileSchema = z.strictObject({ rules: z.array(notificationRuleSchema).max(100) });

/** The file with the rules is damaged, or was changed by hand into something else. */
export class NotificationRulesError extends HeadraceError {
  constructor(
    readonly file: string,
    reason: string,
  ) {
    super(`${file} does not contain rules for notifications: ${reason}`);
  }
}

export const notificationsFile = (home: string): string => join(home, 'notifications.json');

/** None if there is no file. @throws NotificationRulesError */
export function readNotificationRules(home: string): readonly NotificationRule[] {
  const file = notificationsFile(home);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new NotificationRulesError(file, 'it cannot be read');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new NotificationRulesError(file, 'it is no JSON');
  }
  const parsed = fileSchema.safeParse(json);
  const [issue] = parsed.error?.issues ?? [];
  if (!parsed.success)
    throw new NotificationRulesError(file, issue === undefined ? 'unknown' : issueSentence(issue));
  return parsed.data.rules;
}

/** Replaces the rules, whole or not at all. */
export function writeNotificationRules(home: string, rules: readonly NotificationRule[]): void {
  makePrivateFolder(home);
  secureHome(home);
  const file = notificationsFile(home);
  const temporaryFile = `${file}.${randomUUID()}`;
  writeFileSync(temporaryFile, `${JSON.stringify({ rules }, null, 2)}\n`, {
    mode: PRIVATE_FILE_MODE,
    flag: 'wx',
  });
  renameSync(temporaryFile, file);
}
