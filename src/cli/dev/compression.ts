/**
 * Compression of the local server's JSON documents.
 *
 * 1. Only documents that a cache may store are compressed: the size of a compressed body depends on
 *    all of its content, and the other documents have signed links or tokens in it.
 * 2. Streams are passed on as they are: compression would delay their events.
 *
 * @module
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** A smaller body fits into one packet as it is. */
const MIN_COMPRESSED_BYTES = 1400;

const ENCODERS = {
  br: async (body: ArrayBuffer) =>
    await promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: async (body: ArrayBuffer) => await promisify(gzip)(body, { level: 4 }),
} as const;
type Encoding = keyof typeof ENCODERS;

/** The response in an encoding that the request accepts, if it is worth it. */
export async function compressed(request: Request, response: Response): Promise<Response> {
  if (!isCompressible(response)) return response;
  response.headers.append('vary', 'Accept-Encoding');
  const encoding = acceptedEncoding(request.headers.get('accept-encoding') ?? '');
  if (encoding === undefined || response.body === null) return response;
  const body = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  if (body.byteLength < MIN_COMPRESSED_BYTES) return new Response(body, { headers });
  headers.set('content-encoding', encoding);
  headers.delete('content-length');
  return new Response(await ENCODERS[encoding](body), { headers });
}

const isCompressible = ({ status, headers }: Response): boolean =>
  status === 200 &&
  /^application\/json\b/.test(headers.get('content-type') ?? '') &&
  headers.get('cache-control')?.startsWith('private') === true &&
  !headers.has('content-encoding');

function acceptedEncoding(accepted: string): Encoding | undefined {
  const names = accepted
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q=0(?:\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*$/s, '').trim());
  return (['br', 'gzip'] as const).find((name) => names.includes(name));
}
