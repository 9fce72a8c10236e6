/**
 * A local checkout whose remote is a server of this machine, as containers can reach it: files of a
 * bare repository over HTTP.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/**
 * Creates `checkout` in the folder. Its commit has `data.txt` with `committed`; the uncommitted
 * changes are `data.txt` with `changed` and a new file `new.txt` with `new`. The server stops when
 * the test ends.
 *
 * @returns the URL of the remote
 */
export async function servedCheckout(folder: string): Promise<string> {
  const bare = join(folder, 'remote.git');
  const checkout = join(folder, 'checkout');
  const git = (...args: readonly string[]) => promisify(execFile)('git', args, { cwd: folder });
  const inCheckout = (...args: readonly string[]) => git('-C', checkout, ...args);
  await git('init', '--quiet', '--bare', bare);
  await git('clone', '--quiet', bare, checkout);
  await writeFile(join(checkout, 'data.txt'), 'committed');
  await inCheckout('add', '--all');
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@host.example'];
  await inCheckout(...author, 'commit', '--quiet', '--message', 'first');
  await inCheckout('push', '--quiet', 'origin', 'HEAD');
  // What the protocol of plain files needs.
  await git('-C', bare, 'update-server-info');
  const url = `${await serveFiles(folder)}/remote.git`;
  await inCheckout('remote', 'set-url', 'origin', url);
  await writeFile(join(checkout, 'data.txt'), 'changed');
  await writeFile(join(checkout, 'new.txt'), 'new');
  return url;
}

async function serveFiles(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://host').pathname);
    readFile(join(folder, path)).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return `http://127.0.0.1:${address.port}`;
}
