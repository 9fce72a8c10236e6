/**
 * Documents of any size in items. An item holds 400 KB at most; a larger document is stored in
 * parts, which are items of a partition of their own.
 *
 * 1. The attribute of a document is binary if it contains the document, and a text if it names the
 *    parts.
 * 2. Parts are written before the item that names them. Each write has a new name, so parts never
 *    change, and no reader uses those of a write that lost.
 * 3. The parts of a replaced document remain until they expire with the item. Where items do not
 *    expire, the writer removes them (`removeParts`).
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DocumentUnreadableError, decodeDocument, encodeDocument } from './documents.ts';
import {
  bytes,
  bytesIn,
  type Item,
  type ItemKey,
  inParallel,
  prefixRange,
  type Table,
  text,
  textIn,
} from './table.ts';

/** The bytes of a document within an item, which leave room for its other attributes. */
export const MAX_DOCUMENT_BYTES = 340_000;

/**
 * Returns the attribute for the document of the item `key`, and writes its parts if it is large.
 *
 * @param lifetime the attribute with which the parts expire
 */
export const storeDocument = (
  table: Table,
  key: ItemKey,
  value: unknown,
  lifetime: Item,
): Promise<AttributeValue> => storeEncoded(table, key, encodeDocument(value), lifetime);

/** `storeDocument` of an encoded document. */
export async function storeEncoded(
  table: Table,
  key: ItemKey,
  document: Uint8Array,
  lifetime: Item,
): Promise<AttributeValue> {
  return document.length <= MAX_DOCUMENT_BYTES
    ? bytes(document)
    : text(await storeParts(table, key, document, lifetime));
}

/** Writes the document as parts, and returns their name. */
export async function storeParts(
  table: Table,
  key: ItemKey,
  document: Uint8Array,
  lifetime: Item,
): Promise<string> {
  const count = Math.ceil(document.length / MAX_DOCUMENT_BYTES);
  const name = `${randomBytes(9).toString('base64url')}.${count}`;
  await inParallel([...new Array(count).keys()], (part) =>
    table.put(
      { pk: partsPartition(key), sk: `${name}#${String(part).padStart(4, '0')}` },
      {
        d: bytes(document.subarray(part * MAX_DOCUMENT_BYTES, (part + 1) * MAX_DOCUMENT_BYTES)),
        ...lifetime,
      },
    ),
  );
  return name;
}

/** The document with these parts; undefined if not all of them exist. */
export async function readParts(
  table: Table,
  key: ItemKey,
  name: string,
): Promise<Uint8Array | undefined> {
  const parts = await table.list(prefixRange(partsPartition(key), `${name}#`));
  return parts.length === Number(name.split('.')[1])
    ? Buffer.concat(parts.map((part) => bytesIn(part, 'd')))
    : undefined;
}

export async function removeParts(table: Table, key: ItemKey, name: string): Promise<void> {
  const parts = await table.list(prefixRange(partsPartition(key), `${name}#`));
  await inParallel(parts, (part) =>
    table.delete({ pk: textIn(part, 'pk'), sk: textIn(part, 'sk') }),
  );
}

/** The document in an attribute of an item, as `storeDocument` was given it. */
export async function readDocument<T>(table: Table, item: Item, attribute = 'd'): Promise<T> {
  return decodeDocument<T>(await readEncoded(table, item, attribute));
}

/** The encoded document in an attribute of an item. */
export async function readEncoded(table: Table, item: Item, attribute = 'd'): Promise<Uint8Array> {
  const within = item[attribute]?.B;
  if (within !== undefined) return within;
  const key = { pk: textIn(item, 'pk'), sk: textIn(item, 'sk') };
  const name = textIn(item, attribute);
  const document = await readParts(table, key, name);
  if (document === undefined)
    throw new DocumentUnreadableError(`parts of ${key.sk} in ${key.pk} are missing`);
  return document;
}

const partsPartition = ({ pk, sk }: ItemKey): string => `${pk}|${sk}`;
