/**
 * The port of links: URLs by which a client without credentials reads or writes one object, for
 * some minutes.
 *
 * 1. A link is valid only for its object and its method.
 * 2. A link accepts only content with the hash and the size for which it was made, so the content
 *    of a content-addressed key is always correct.
 *
 * @module
 */
export interface Link {
  readonly url: string;
  readonly method: 'GET' | 'PUT';
  /** The request must have these headers, unchanged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Links {
  /**
   * A link that reads the object. If the object does not exist, the link answers 404.
   *
   * @param filename the name under which a browser saves it
   */
  read(key: string, options?: { readonly filename?: string | undefined }): Promise<Link>;
  /**
   * A link that writes an object with this SHA-256 (hex) and size in bytes. An existing object may
   * stay as it is.
   */
  write(key: string, content: { readonly hash: string; readonly size: number }): Promise<Link>;
}
