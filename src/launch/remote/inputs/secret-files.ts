/**
 * Names of files that usually contain credentials. They are never uploaded.
 *
 * @module
 */

const SECRET_NAMES =
  /^(?:\.env(?:\..+)?|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|\.pypirc|\.pgpass|\.git|\.git-credentials|\.aws|\.ssh|\.gnupg|\.kube|\.docker|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|key|p12|pfx|jks|keystore))$/i;
const EXAMPLES = /^\.env\.(?:example|sample|template)$/i;

/** The first part of the path that is such a name. */
export const secretPart = (path: string): string | undefined =>
  path.split(/[\\/]/).find((part) => SECRET_NAMES.test(part) && !EXAMPLES.test(part));
