/**
 * The sizes that services of AWS accept, and how they are measured: the only place that states
 * them. Services count bytes of UTF-8, not characters, and count a text as it is sent: escaped in
 * the JSON around it, and escaped once more in each JSON around that.
 *
 * Limits of what users submit are in `limits.ts`.
 *
 * @module
 */

/** The event of a synchronous invocation of a function. */
export const LAMBDA_REQUEST_BYTES = 6 * 2 ** 20;
/** The result of a synchronous invocation. */
export const LAMBDA_RESPONSE_BYTES = LAMBDA_REQUEST_BYTES + 100;
/** One message, and all messages of one request. */
export const SQS_REQUEST_BYTES = 2 ** 20;
/** All entries of one request. */
export const EVENTBRIDGE_REQUEST_BYTES = 256 * 1024;
/** The size of a value as JSON. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * The size of a document as the body of an HTTP request or response that a function of Lambda
 * handles: the body is one text in the JSON of the event or the result.
 */
export const bodyBytes = (document: unknown): number => jsonBytes(JSON.stringify(document));

/**
 * The size that a body may have, measured with `bodyBytes`: the rest is room for headers, which an
 * event contains twice, and for links in a page of documents.
 */
export const MAX_LAMBDA_BODY_BYTES = 4_500_000;
