/**
 * Requests a file over HTTP or from S3.
 *
 * @module
 */
import type { FileAddress } from './address.ts';
import { signedS3Request } from './s3-request.ts';

export type RemoteAddress = Exclude<FileAddress, { readonly kind: 'path' }>;

/** S3 names the region of a bucket in the refusal of a request to another region. */
const S3_REGION_HEADER = 'x-amz-bucket-region';

/** @throws what `fetch` throws, if there is no response */
export async function openAddress(
  address: RemoteAddress,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  // The size of compressed content would not be that of the file.
  const identity = { ...headers, 'accept-encoding': 'identity' };
  if (address.kind === 'http') return await openUrl(address.url, identity, signal);
  const open = async (region?: string): Promise<Response> => {
    const { url, headers: signed } = await signedS3Request(address, identity, region);
    return await fetch(url, { headers: signed, signal, redirect: 'manual' });
  };
  const response = await open();
  const region = response.headers.get(S3_REGION_HEADER);
  if (![301, 307, 400].includes(response.status) || region === null) return response;
  await response.body?.cancel();
  return await open(region);
}

/** `fetch` refuses URLs with credentials; they become a header. */
function openUrl(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
  if (url.username === '' && url.password === '') return fetch(url, { headers, signal });
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(text).toString('base64')}`;
  return fetch(bare, { headers: { ...headers, authorization }, signal });
}
