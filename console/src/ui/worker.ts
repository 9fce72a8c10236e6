/**
 * Starts workers under the policy of content, which accepts addresses of scripts from one named
 * policy of Trusted Types alone.
 *
 * @module
 */

interface ScriptUrlPolicy {
  /** A trusted address is an object; where a text is expected, it is accepted as one. */
  createScriptURL(url: string): string;
}

declare const trustedTypes:
  | { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy }
  | undefined;

let policy: ScriptUrlPolicy | undefined;

/**
 * Starts a module worker.
 *
 * @param url of a built worker of this page: `import url from './layout.worker.ts?worker&url'`
 */
export function createWorker(url: string): Worker {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin)
    throw new Error(`A worker must be a file of this page, not ${address.origin}`);
  if (policy === undefined && typeof trustedTypes !== 'undefined')
    policy = trustedTypes.createPolicy('headrace-worker', { createScriptURL: (each) => each });
  return new Worker(policy?.createScriptURL(address.href) ?? address.href, { type: 'module' });
}
