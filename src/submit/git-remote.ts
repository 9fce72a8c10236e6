/**
 * The remote of a local checkout, as containers can reach it.
 *
 * @module
 */

/** Runs git in the checkout, and returns its output. */
export type Git = (...args: readonly string[]) => Promise<string>;

export type FoundRemote =
  | { readonly ok: true; readonly name: string /** Without credentials. */; readonly url: string }
  | { readonly ok: false; readonly problem: string };

/** The remote of the current branch, else `origin`, else the only one. */
export async function findRemote(git: Git): Promise<FoundRemote> {
  const names = (await git('remote')).split('\n').filter((name) => name !== '');
  const branch = (await optional(git('symbolic-ref', '--quiet', '--short', 'HEAD'))).trim();
  const ofBranch =
    branch === '' ? '' : (await optional(git('config', `branch.${branch}.remote`))).trim();
  const name = [ofBranch, 'origin', names.length === 1 ? names[0] : undefined].find(
    (each) => each !== undefined && names.includes(each),
  );
  if (name === undefined)
    return {
      ok: false,
      problem:
        names.length === 0
          ? 'it has no remote, from which a container could read it: add one and push to it, or set repo to a URL'
          : `it has the remotes ${names.join(', ')}, and no branch of them is checked out: set repo to a URL`,
    };
  const url = publicUrl((await git('remote', 'get-url', '--', name)).trim());
  return url === undefined
    ? {
        ok: false,
        problem: `its remote ${name} is a folder of this machine, which a container cannot read: push to a server, or set repo to a URL`,
      }
    : { ok: true, name, url };
}

const optional = (output: Promise<string>): Promise<string> => output.catch(() => '');

/**
 * The URL without credentials. The user of SSH is no credential: without it, no server accepts the
 * connection. Undefined for a folder.
 */
export function publicUrl(url: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined)
    return /^(?:[\w.-]+@)?[\w.-]{2,}:(?![\\/]{2})\S+$/.test(url) ? url : undefined;
  if (scheme === 'file') return undefined;
  return url.replace(/^([^/]*\/\/)([^/@]*)@/, (_, start: string, credentials: string) => {
    const [user = ''] = credentials.split(':');
    return scheme === 'ssh' || scheme === 'git+ssh' ? `${start}${user}@` : start;
  });
}

/** Whether a branch of the remote has the commit, by what is known here, else by the remote. */
export async function isOnRemote(git: Git, remote: string, commit: string): Promise<boolean> {
  const known = await git(
    'for-each-ref',
    '--count=1',
    '--contains',
    commit,
    `refs/remotes/${remote}`,
  );
  if (known !== '') return true;
  const refs = await optional(git('ls-remote', '--', remote));
  return refs.split('\n').some((line) => line.startsWith(commit));
}
