/**
 * The secret of the deployment, from which the tokens of attempts and the MACs of control
 * transitions derive. Functions read it once; steps have no access to it.
 *
 * @module
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { HeadraceError } from '../../model/errors.ts';

export class SecretMissingError extends HeadraceError {
  constructor(readonly secret: string) {
    super(`the secret ${secret} has no text: deploy the Headrace stack again`);
  }
}

/** @throws SecretMissingError */
export async function readDeploymentSecret(
  client: SecretsManagerClient,
  secretArn: string,
): Promise<Buffer> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
  if (SecretString === undefined || SecretString === '') throw new SecretMissingError(secretArn);
  return Buffer.from(SecretString);
}
