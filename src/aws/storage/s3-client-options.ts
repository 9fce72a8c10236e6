/**
 * Options of S3 clients for functions, runners and tests.
 *
 * @module
 */

/**
 * Emulators serve buckets by path. A presigned PUT must not contain the checksum of a body that is
 * not known yet.
 */
export function s3Options(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const emulated =
    environment.AWS_ENDPOINT_URL_S3 !== undefined || environment.AWS_ENDPOINT_URL !== undefined;
  return {
    forcePathStyle: emulated,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
}
