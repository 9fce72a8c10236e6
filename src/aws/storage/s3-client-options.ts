/**
 * How clients of the SDK are made, beside their defaults: the same for functions, runners and tests.
 *
 * @module
 */

/** Emulators serve buckets by path; a presigned PUT must not carry the checksum of a body that nobody has yet. */
export function s3Options(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const emulated =
    environment.AWS_ENDPOINT_URL_S3 !== undefined || environment.AWS_ENDPOINT_URL !== undefined;
  return {
    forcePathStyle: emulated,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
}
