/**
 * The address of a webhook, which is a secret in Secrets Manager: a text, or the key `url` of the
 * JSON that the console of AWS writes. It is read for each message, so that a new one counts at
 * once. No error contains it.
 *
 * @module
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { HeadraceError } from '../../model/errors.ts';
import { issueSentence } from '../../model/issue-sentences.ts';
import { publicUrlSchema } from '../../model/notifications.ts';

/** A secret does not contain the address of a webhook. */
export class WebhookSecretError extends HeadraceError {
  constructor(
    readonly secret: string,
    reason: string,
  ) {
    super(`the secret ${secret} does not contain the address of a webhook: ${reason}`);
  }
}

const keyedSchema = z.object({ url: z.string() });

/** @throws WebhookSecretError */
export async function readWebhookUrl(
  client: SecretsManagerClient,
  secret: string,
): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
  if (SecretString === undefined) throw new WebhookSecretError(secret, 'it has no text');
  const { success, data, error } = publicUrlSchema.safeParse(urlIn(SecretString.trim()));
  if (success) return data;
  const [issue] = error.issues;
  throw new WebhookSecretError(secret, issue === undefined ? 'it is no URL' : issueSentence(issue));
}

function urlIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    return keyedSchema.parse(JSON.parse(text)).url;
  } catch {
    return text;
  }
}
