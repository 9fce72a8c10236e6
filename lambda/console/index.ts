/**
 * The function of the web console: the files beside its bundle, for `GET /console/{proxy+}`. It has
 * no permission except to write its log.
 *
 * @module
 */
import { join } from 'node:path';
import { CONSOLE_FOLDER, readSettingsFile } from '../../src/aws/deployment/settings.ts';
import { readConsoleFiles } from '../../src/console-server/console-files.ts';
import {
  type ConsoleEvent,
  createHostedConsole,
  hostedSettingsSchema,
} from '../../src/console-server/hosted-console.ts';

const answer = createHostedConsole({
  ...hostedSettingsSchema.parse(readSettingsFile()),
  files: readConsoleFiles(join(import.meta.dirname, CONSOLE_FOLDER)),
});

export const handler = async (event: ConsoleEvent) => answer(event);
