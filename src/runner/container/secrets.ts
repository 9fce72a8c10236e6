/**
 * Secrets of Secrets Manager as environment variables of the step, read under the role of the
 * step's project.
 *
 * @module
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PreparationError } from './errors.ts';

/** The values of the secrets, by the name of the variable. */
export type ReadSecrets = (
  names: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

/** Values never appear in an error or a log. */
export function secretsReader(client: SecretsManagerClient): ReadSecrets {
  async function value(variable: string, name: string): Promise<string> {
    const refuse = (reason: string, cause?: unknown) =>
      new PreparationError('secrets', `${variable} cannot be read from ${name}: ${reason}`, cause);
    const [id = name, field] = name.split(':');
    let text: string | undefined;
    try {
      text = (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString;
    } catch (error) {
      const { name: kind, message } =
        error instanceof Error ? error : { name: 'Error', message: String(error) };
      throw refuse(
        `${kind}: ${message}. The project's role must be allowed to read it (projects in headrace.config.ts)`,
      );
    }
    if (text === undefined) throw refuse('it holds bytes, not text');
    if (field === undefined) return text;
    const fields = fieldsOf(text);
    const found = fields?.get(field);
    if (found === undefined)
      throw refuse(
        fields === undefined
          ? 'it is no JSON object, so that it has no fields'
          : `it has no field ${field}`,
      );
    return typeof found === 'string' ? found : JSON.stringify(found);
  }

  return async (names) => {
    const read = await Promise.all(
      Object.entries(names).map(
        async ([variable, name]) => [variable, await value(variable, name)] as const,
      ),
    );
    return Object.fromEntries(read);
  };
}

function fieldsOf(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? new Map(Object.entries(parsed))
      : undefined;
  } catch {
    return undefined;
  }
}
