/**
 * The notifications' function: sends an event of the bus to a target of the configuration.
 *
 * @module
 */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createMailTopic } from '../../src/aws/notifications/mail-topic.ts';
import { createNotificationHandler } from '../../src/aws/notifications/notification-handler.ts';
import { readNotificationSettings } from '../../src/aws/notifications/settings.ts';
import { readWebhookUrl } from '../../src/aws/notifications/webhook-secret.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';

const secrets = new SecretsManagerClient(requestLimits('secrets-manager'));

export const handler = createNotificationHandler({
  settings: readNotificationSettings(),
  webhookUrl: (secret) => readWebhookUrl(secrets, secret),
  mail: createMailTopic({ credentials: secrets.config.credentials }),
  log,
});
