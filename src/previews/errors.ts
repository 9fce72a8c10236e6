/** Errors of previews. */

/** The content is not what its format states. It is shown as bytes or text. */
export class MalformedContentError extends Error {}

/** The value has no such place, or it is behind the bytes that were read. */
export class PreviewPathError extends Error {
  constructor(
    readonly path: string,
    readonly isBehindRead: boolean,
  ) {
    super(
      isBehindRead
        ? `${path} is not in the part of the content that was read: raise \`bytes\`, or download it`
        : `the value has no ${path}`,
    );
  }
}
