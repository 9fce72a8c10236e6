/**
 * The limits of the metadata of an artifact or model.
 *
 * @module
 */
import { MAX_METADATA_BYTES, MAX_METADATA_DEPTH } from './limits.ts';
import { utf8Length } from './utf8-length.ts';

export interface MetadataExcess {
  /** What exceeds the limit, with its value. */
  readonly excess: string;
  /** The limit. */
  readonly allowed: string;
}

/** The limit that metadata exceeds; undefined if it exceeds none. @param metadata plain JSON */
export function metadataExcess(metadata: object): MetadataExcess | undefined {
  // First, because a text is made by recursion.
  if (isDeeperThan(metadata, MAX_METADATA_DEPTH))
    return {
      excess: `has objects and arrays inside each other at more than ${MAX_METADATA_DEPTH} levels`,
      allowed: `it may have ${MAX_METADATA_DEPTH}`,
    };
  const bytes = utf8Length(JSON.stringify(metadata));
  return bytes > MAX_METADATA_BYTES
    ? { excess: `has ${bytes} bytes as JSON`, allowed: `it may have ${MAX_METADATA_BYTES}` }
    : undefined;
}

/** Stops at the limit, so that the depth of a value cannot exhaust the stack. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
