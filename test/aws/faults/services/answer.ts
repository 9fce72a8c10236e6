/**
 * The responses of the services in memory.
 *
 * @module
 */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const json = (
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0', ...headers },
  body: Buffer.from(JSON.stringify(value)),
});

/** An error response in the protocol of the service. */
export function failed(
  service: string,
  status: number,
  type: string,
  message: string,
  more: object = {},
): Answer {
  if (service === 's3') {
    return {
      status,
      headers: { 'content-type': 'application/xml' },
      body: Buffer.from(`<Error><Code>${type}</Code><Message>${message}</Message></Error>`),
    };
  }
  return json({ __type: type, message, ...more }, status, { 'x-amzn-errortype': type });
}
