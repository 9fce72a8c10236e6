/**
 * The port to links: URLs by which somebody without credentials reads or writes one object, for some minutes.
 *
 * 1. A link is good for its object and its method alone.
 * 2. What a link writes has the hash and the size that it was made for, or is refused: content-addressed keys stay true.
 *
 * @module
 */
export interface Link {
  readonly url: string;
  readonly method: 'GET' | 'PUT';
  /** To be sent with the request as they are. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Links {
  /** Reads the object, whether it is there or not: if it is not, the link answers 404. `filename`: what a browser saves it as. */
  read(key: string, options?: { readonly filename?: string | undefined }): Promise<Link>;
  /** Writes the object whose SHA-256 (hex) is `hash`, in `size` bytes. An object that is there already may be left as it is. */
  write(key: string, content: { readonly hash: string; readonly size: number }): Promise<Link>;
}
