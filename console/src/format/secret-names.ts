/**
 * Names whose values are masked until the user shows them. A courtesy, no protection.
 *
 * @module
 */

const SECRET =
  /(?:^|[^a-z])(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?|auth)(?:$|[^a-z])/iu;

/** Whether a name suggests that its value is a secret: `apiKey`, `DB_PASSWORD`. */
export const isSecretName = (name: string): boolean =>
  SECRET.test(name.replaceAll(/([a-z\d])([A-Z])/gu, '$1_$2'));
