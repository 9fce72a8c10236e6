/**
 * The notes beside local copies: which content a file has. A note that cannot be read counts as
 * missing. They are read without a schema validator, which every step would have to load.
 *
 * @module
 */

/** The newest complete copy of an address. */
export interface Latest {
  /** The ETag, or a random text. */
  readonly version: string;
  readonly size: number;
  readonly name: string;
}

export function readLatest(text: string | undefined): Latest | undefined {
  const { version, size, name } = propertiesOf(text);
  return typeof version === 'string' &&
    typeof name === 'string' &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0
    ? { version, size, name }
    : undefined;
}

/** The ETag of an interrupted download. */
export function readPartialVersion(text: string | undefined): string | undefined {
  const { version } = propertiesOf(text);
  return typeof version === 'string' ? version : undefined;
}

interface Properties {
  readonly version?: unknown;
  readonly size?: unknown;
  readonly name?: unknown;
}

function propertiesOf(text: string | undefined): Properties {
  try {
    const note: unknown = JSON.parse(text ?? '');
    return typeof note === 'object' && note !== null ? note : {};
  } catch {
    return {};
  }
}
