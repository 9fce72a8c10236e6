/**
 * The secret of the deployment, from which the tokens of attempts and the MACs of control
 * transitions derive. Functions read it once; steps have no access to it.
 *
 * @module
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { HeadraceError } from '../../model/errors.ts';
import { tokenSecretName } from '../deployment/resource-names.ts';

export class SecretMissingError extends HeadraceError {
  constructor(readonly secret: string) {
    super(`the secret ${secret} has no text: deploy the Headrace stack again`);
  }
}

/** @throws SecretMissingError */
export async function readDeploymentSecret(
  client: SecretsManagerClient,
  prefix: string,
): Promise<Buffer> {
  const name = tokenSecretName(prefix);
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  if (SecretString === undefined || SecretString === '') throw new SecretMissingError(name);
  return Buffer.from(SecretString);
}
