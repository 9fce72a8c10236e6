/**
 * Addresses of files: HTTP and S3 URLs, `file:` URLs and paths.
 *
 * @module
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalCopyError } from './errors.ts';

export type FileAddress =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 's3'; readonly url: URL; readonly bucket: string; readonly key: string };

/** Two letters at least: `C:` starts a path. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** @throws LocalCopyError if no file can have the address */
export function parseAddress(address: string): FileAddress {
  if (address === '' || address.includes('\0'))
    throw new LocalCopyError(JSON.stringify(address), 'the address is empty or not a text');
  const scheme = SCHEME.exec(address)?.[0].toLowerCase();
  if (scheme === undefined) return { kind: 'path', path: resolve(address) };
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw new LocalCopyError(address, 'it is not a valid URL');
  switch (scheme) {
    case 'http:':
    case 'https:':
      return { kind: 'http', url };
    case 'file:':
      return { kind: 'path', path: filePath(url) };
    case 's3:':
      return s3Address(url, address);
    default:
      throw new LocalCopyError(
        shownAddress(url),
        `${scheme} is not supported: give an https:, http:, s3: or file: URL, or a path`,
      );
  }
}

function filePath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new LocalCopyError(url.href, 'it names no file of this machine', { cause });
  }
}

/** The key is read from the text, because a URL drops segments such as `..` and `#`. */
function s3Address(url: URL, address: string): FileAddress {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(address) ?? [];
  if (bucket === '' || key === '' || key.endsWith('/'))
    throw new LocalCopyError(
      address,
      'an S3 address is s3://bucket/key of one object; a prefix is no object',
    );
  if (key.split('/').some((segment) => segment === '.' || segment === '..'))
    throw new LocalCopyError(address, 'no URL can have a key with the segments . or ..');
  return { kind: 's3', url, bucket, key };
}

/** A URL for messages: the query and the credentials may be secrets. */
export function shownAddress(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  return shown.href;
}
